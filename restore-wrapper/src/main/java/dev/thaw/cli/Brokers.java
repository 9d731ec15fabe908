package dev.thaw.cli;
import java.util.*; import dev.thaw.linux.OwnedFd;
final class Brokers { static Optional<Set<String>> names(dev.thaw.plan.RestoreOptions o, Optional<String> s){return Optional.empty();} static OwnedFd retrieve(String n, Optional<String> s){throw new IllegalStateException();} }
