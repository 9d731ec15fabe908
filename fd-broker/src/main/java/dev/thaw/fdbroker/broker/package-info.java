/**
 * What the broker and its clients say to each other: values, their form as packets (docs/broker-protocol.md), and the client's side of it.
 */
package dev.thaw.fdbroker.broker;
