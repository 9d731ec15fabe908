/** Who may do what at the broker. Everything here is a decision about values, but for the two readers {@link Accounts} and {@link PeerReader}. */
package dev.thaw.fdbroker.policy;
