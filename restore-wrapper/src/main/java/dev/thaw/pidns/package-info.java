/**
 * Pid namespaces (man 7 pid_namespaces): a fresh one, in which an image's pids are free however often it runs, and entering those of a tree
 * that lives in one, to checkpoint it. And IPC namespaces, for System V memory.
 */
package dev.thaw.pidns;
