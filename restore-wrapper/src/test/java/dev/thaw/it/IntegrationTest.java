package dev.thaw.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * On every class {@code *IT}: gives tests a {@link Scratch}, and fails them when a process, a descriptor or a mount of theirs stays behind.
 *
 * <p>Within one JVM such classes run one after the other, since a leak could not be told to its test otherwise; failsafe runs several JVMs.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Execution(ExecutionMode.SAME_THREAD)
@ExtendWith({HostLock.class, LeakCheck.class, Scratch.Extension.class})
public @interface IntegrationTest {}
