package dev.thaw.jna;

/**
 * What a class of JNA's extends in place of SecurityManager, whose static initializer looks at each package of the JDK by streams and lambdas. JNA asks it
 * who has called only where there is no StackWalker, which every Java since 9 has.
 */
public class ClassContext {
    protected Class<?>[] getClassContext() {
        throw new UnsupportedOperationException("StackWalker knows");
    }
}
