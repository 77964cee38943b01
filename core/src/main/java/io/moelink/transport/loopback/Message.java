package io.moelink.transport.loopback;

import java.lang.foreign.MemorySegment;

/**
 * A message that lies in the receiver's {@link Inbox} until the receiver has copied it. Whoever
 * takes it out of the inbox decides its end: the receiver by copying, the sender by withdrawing.
 */
final class Message {
  final MemorySegment memory;
  final long offset;
  final long bytes;

  /** Null until the receiver is done; then empty when it copied, or why it could not. */
  private volatile String end;

  Message(MemorySegment memory, long offset, long bytes) {
    this.memory = memory;
    this.offset = offset;
    this.bytes = bytes;
  }

  void done() {
    end = "";
  }

  void refused(String why) {
    end = why;
  }

  /** For a receiver that fails in an unforeseen way: the sender must not wait for ever. */
  void refusedIfOpen(String why) {
    if (end == null) {
      end = why;
    }
  }

  String end() {
    return end;
  }
}
