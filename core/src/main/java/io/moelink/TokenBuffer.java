package io.moelink;

import io.moelink.layout.InvalidInputException;
import io.moelink.memory.SharedRegion;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Rows in memory that ranks can share: registered once, read and written in place. Belongs to the
 * group that made it and lives until it is closed, or the group is.
 */
public final class TokenBuffer implements AutoCloseable {
  private final ExpertGroup group;
  private final SharedRegion memory;
  private final SharedRegion.Place start;
  private final int rows;
  private final int rowBytes;
  private final Runnable giveBack;
  private boolean closed;

  TokenBuffer(ExpertGroup group, SharedRegion memory, int rows, int rowBytes, Runnable giveBack) {
    this.group = group;
    this.memory = memory;
    start = memory.at(0);
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.giveBack = giveBack;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Bytes of a row. */
  public int rowBytes() {
    return rowBytes;
  }

  /**
   * The bytes of all rows, {@code rows * rowBytes}; little endian elements.
   *
   * @throws MoelinkException when the buffer or its group is closed
   */
  public MemorySegment segment() {
    requireOpen();
    return memory.region().segment().asSlice(0, (long) rows * rowBytes);
  }

  /**
   * Arrow's view of the same bytes, counted by an allocator of the group. Who keeps it longer than
   * this buffer retains and closes it.
   *
   * @throws MoelinkException when the buffer or its group is closed
   */
  public ArrowBuf arrow() {
    requireOpen();
    return memory.buffer().slice(0, (long) rows * rowBytes);
  }

  /** The bytes of one row. */
  public MemorySegment row(int row) {
    return segment().asSlice((long) row * rowBytes, rowBytes);
  }

  /**
   * Copies rows from a direct or heap buffer, from its position to its limit, which must be the
   * size of this one; its position stays.
   */
  public void copyFrom(ByteBuffer source) {
    MemorySegment from = MemorySegment.ofBuffer(source);
    MemorySegment to = segment();
    if (from.byteSize() != to.byteSize()) {
      throw new InvalidInputException(
          "rows: found "
              + from.byteSize()
              + " bytes, expected "
              + to.byteSize()
              + " ("
              + rows
              + " rows of "
              + rowBytes
              + " bytes)");
    }
    to.copyFrom(from);
  }

  ExpertGroup group() {
    return group;
  }

  SharedRegion memory() {
    return memory;
  }

  /** Where row 0 is. */
  SharedRegion.Place start() {
    return start;
  }

  private void requireOpen() {
    if (isClosed()) {
      throw new MoelinkException("a token buffer was used after it was closed");
    }
  }

  /** Whether the buffer, or its group, is closed. */
  boolean isClosed() {
    return closed || group.isClosed();
  }

  /** Ends the buffer; a second close does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (group.memory().forget(this)) {
        giveBack.run();
      }
    }
  }
}
