package dev.thaw.launcher;

/**
 * A descriptor of an application that the broker keeps too.
 *
 * @param name at the broker
 * @param key of the thing itself: {@code pipe:[4711]}, {@code socket:[4711]}
 * @param access O_RDONLY, O_WRONLY or O_RDWR: which end of it
 * @param socket of the broker
 */
public record Deposited(String name, String key, int access, String socket) {}
