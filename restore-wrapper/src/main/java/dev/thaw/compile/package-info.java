/** A plan as a program for bash that carries it out without a JVM. Pure: from values to text. */
package dev.thaw.compile;
