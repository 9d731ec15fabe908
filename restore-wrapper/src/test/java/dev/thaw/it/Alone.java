package dev.thaw.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * No other integration test may run at the same time on this machine: for tests that take pids on purpose, measure time, or change what all
 * processes see (ns_last_pid, mounts in /run).
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Alone {}
