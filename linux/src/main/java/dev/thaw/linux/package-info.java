/**
 * Every call into the kernel, and nothing else: one static method a system call, grouped by what it acts on.
 *
 * <p>Rules that hold everywhere here: a descriptor is born close-on-exec and has one {@link dev.thaw.linux.OwnedFd owner}; a call that a
 * signal interrupted is repeated; a failed call is a {@link dev.thaw.linux.LinuxException} that names the call and its arguments; text that
 * comes from or goes to the kernel is a {@link dev.thaw.linux.KernelString}. Linux on x86-64 and aarch64, glibc 2.34 or newer.
 */
package dev.thaw.linux;
