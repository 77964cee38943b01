package io.moelink.cli.launch;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Passes on what ranks write, byte by byte as it is or line by line with the rank before it. */
final class RankOutput {
  /** A longer line is broken, so that a rank that never ends its line costs no memory. */
  static final int LINE_BYTES_MAX = 64 << 10;

  private static final int CHUNK_BYTES = 64 << 10;

  private RankOutput() {}

  /** Until the end of the input. */
  static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    for (int bytes = from.read(chunk); bytes >= 0; bytes = from.read(chunk)) {
      to.write(chunk, 0, bytes);
      to.flush();
    }
  }

  /**
   * Until the end of the input. Lines end at a line feed or a carriage return, as of a progress
   * bar.
   */
  static void copyLines(int rank, InputStream from, OutputStream to) throws IOException {
    byte[] prefix = "[%d] ".formatted(rank).getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    InputStream in = new BufferedInputStream(from, CHUNK_BYTES);
    boolean wasReturn = false;
    for (int next = in.read(); next >= 0; next = in.read()) {
      boolean feed = next == '\n';
      // a return that starts the redrawing of a bar, or comes before a feed, ends no line of its
      // own
      if (feed || next == '\r') {
        if (line.size() > 0 || feed && !wasReturn) {
          write(prefix, line, to);
        }
        wasReturn = !feed;
        continue;
      }
      wasReturn = false;
      line.write(next);
      if (line.size() == LINE_BYTES_MAX) {
        write(prefix, line, to);
      }
    }
    if (line.size() > 0) {
      write(prefix, line, to);
    }
  }

  /** In one piece, since other ranks write there, too. */
  private static void write(byte[] prefix, ByteArrayOutputStream line, OutputStream to)
      throws IOException {
    byte[] whole = new byte[prefix.length + line.size() + 1];
    System.arraycopy(prefix, 0, whole, 0, prefix.length);
    System.arraycopy(line.toByteArray(), 0, whole, prefix.length, line.size());
    whole[whole.length - 1] = '\n';
    line.reset();
    synchronized (to) {
      to.write(whole);
      to.flush();
    }
  }
}
