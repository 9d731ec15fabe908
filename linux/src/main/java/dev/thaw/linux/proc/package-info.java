/** What {@code /proc} says (man 5 proc): parsers are pure and take the file's text, readers take a pid in our pid namespace. */
package dev.thaw.linux.proc;
