/** Shows what is in an image: {@link dev.thaw.inspect.Inspector} makes a value of it, which is printed as a table or as JSON. All pure. */
package dev.thaw.inspect;
