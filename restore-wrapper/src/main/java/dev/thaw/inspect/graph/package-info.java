/** Who is connected with whom in an image, as a graph. */
package dev.thaw.inspect.graph;
