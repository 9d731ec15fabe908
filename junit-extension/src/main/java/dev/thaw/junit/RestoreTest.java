package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * On a test class or method that takes {@link Applications}. Where the machine cannot checkpoint and restore, because it lacks thaw, criu or the
 * rights, its tests are skipped with the reason; with {@code -DmustRun} (and any value, or none) they fail with it instead.
 *
 * <p>{@code thaw} is the program that the system property {@code thaw} names, else the environment variable {@code THAW}, else the one in
 * {@code PATH}.
 *
 * <pre>{@code
 * @RestoreTest
 * class CounterRestoreTest {
 *     @Test
 *     void counts_on_after_a_restore(Applications applications) {
 *         Application counter = applications.start("python3", "counter.py");
 *         counter.awaitOutput("3\n");
 *         Restored restored = counter.checkpoint().restore();
 *         restored.awaitOutput("4\n");
 *     }
 * }
 * }</pre>
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@ExtendWith(ThawExtension.class)
public @interface RestoreTest {
    /** What restores. With {@link Engine#REHEARSE} the machine needs no more than thaw. */
    Engine engine() default Engine.CRIU;
}
