/** The broker's side: what it keeps, and the one thread that serves its clients. */
package dev.thaw.fdbroker.server;
