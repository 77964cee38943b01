package io.moelink.layout.npy;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads, maps and writes .npy files (versions 1.0, 2.0 and 3.0; little endian, C order).
 *
 * <pre>
 *   93 'N' 'U' 'M' 'P' 'Y' | major | minor | header length (uint16, from 2.0 on uint32) | header | data
 * </pre>
 *
 * <p>A file that cannot be used is refused with {@link InvalidInputException}: one line that starts
 * with the file and says what was found and what is expected. {@link IOException} means that the
 * system could not read or write. Stateless; may be called from several threads.
 */
public final class NpyFile {
  /** Most bytes of a header. */
  public static final int MAX_HEADER_BYTES = 65_536;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int ALIGNMENT = 64;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final AtomicLong TEMPORARY_FILES = new AtomicLong();

  private NpyFile() {}

  /**
   * Maps a file: nothing is read before it is looked at.
   *
   * @param arena owns the mapping; the array is usable until it is closed
   */
  public static NpyArray map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = open(file)) {
      Layout layout = readLayout(file, channel);
      MemorySegment data =
          layout.dataBytes == 0
              ? MemorySegment.ofArray(new byte[0])
              : channel.map(
                  FileChannel.MapMode.READ_ONLY, layout.dataOffset, layout.dataBytes, arena);
      return NpyArray.of(layout.header.type(), data, layout.header.shape());
    }
  }

  /** Reads a whole file of less than 2 GiB into the heap. */
  public static NpyArray read(Path file) throws IOException {
    try (FileChannel channel = open(file)) {
      Layout layout = readLayout(file, channel);
      if (layout.dataBytes > Integer.MAX_VALUE - 8) {
        throw new InvalidInputException(
            file + ": " + layout.dataBytes + " bytes of data, expected less than 2 GiB");
      }
      ByteBuffer data = ByteBuffer.allocate((int) layout.dataBytes);
      if (readFully(channel, data, layout.dataOffset) < layout.dataBytes) {
        throw new InvalidInputException(file + ": became shorter while it was read");
      }
      return NpyArray.of(
          layout.header.type(), MemorySegment.ofArray(data.array()), layout.header.shape());
    }
  }

  /**
   * Writes an array as version 1.0. The file appears under its name only once it is complete (a
   * temporary file in the same folder is renamed), replacing one that is there; after a failure
   * nothing is left behind.
   */
  public static void write(Path file, NpyArray array) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path temporary =
        absolute.resolveSibling(
            "."
                + absolute.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + TEMPORARY_FILES.incrementAndGet()
                + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writeFully(channel, ByteBuffer.wrap(header(array)));
        writeData(channel, array.data());
      }
      Files.move(
          temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static byte[] header(NpyArray array) {
    String text = new NpyHeader(array.type(), array.shape()).text();
    int fixed = MAGIC.length + 4;
    int total = (fixed + text.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer buffer = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - fixed));
    buffer.put(text.getBytes(StandardCharsets.US_ASCII));
    while (buffer.remaining() > 1) {
      buffer.put((byte) ' ');
    }
    return buffer.put((byte) '\n').array();
  }

  private static void writeData(FileChannel channel, MemorySegment data) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, data.byteSize()));
    MemorySegment chunkMemory = MemorySegment.ofBuffer(chunk);
    for (long at = 0; at < data.byteSize(); at += chunk.capacity()) {
      int bytes = (int) Math.min(chunk.capacity(), data.byteSize() - at);
      MemorySegment.copy(
          data, ValueLayout.JAVA_BYTE, at, chunkMemory, ValueLayout.JAVA_BYTE, 0, bytes);
      writeFully(channel, chunk.clear().limit(bytes));
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }

  private static FileChannel open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(file + ": a folder, expected an .npy file");
    }
    try {
      return FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file, expected an .npy file", e);
    }
  }

  private record Layout(NpyHeader header, long dataOffset, long dataBytes) {}

  private static Layout readLayout(Path file, FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 6).order(ByteOrder.LITTLE_ENDIAN);
    int found = readFully(channel, start, 0);
    if (found < MAGIC.length || !start.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      String bytes =
          found == 0 ? "empty" : "starts with " + hex(start.array(), Math.min(found, MAGIC.length));
      throw new InvalidInputException(
          file + ": not an .npy file: " + bytes + ", expected " + hex(MAGIC, MAGIC.length));
    }
    int major = found > MAGIC.length ? start.get(MAGIC.length) : 0;
    int minor = found > MAGIC.length + 1 ? start.get(MAGIC.length + 1) : 0;
    if (found < MAGIC.length + 4 || found < MAGIC.length + 6 && major > 1) {
      throw new InvalidInputException(file + ": truncated: " + found + " bytes, expected a header");
    }
    if (major < 1 || major > 3 || minor != 0) {
      throw new InvalidInputException(
          String.format(
              "%s: .npy version %d.%d, expected 1.0, 2.0 or 3.0",
              file, Byte.toUnsignedInt((byte) major), Byte.toUnsignedInt((byte) minor)));
    }
    int fixed = MAGIC.length + (major == 1 ? 4 : 6);
    long length =
        major == 1
            ? Short.toUnsignedLong(start.getShort(MAGIC.length + 2))
            : Integer.toUnsignedLong(start.getInt(MAGIC.length + 2));
    if (length > MAX_HEADER_BYTES) {
      throw new InvalidInputException(
          file + ": header of " + length + " bytes, expected at most " + MAX_HEADER_BYTES);
    }
    if (channel.size() < fixed + length) {
      throw new InvalidInputException(
          String.format(
              "%s: truncated: %d bytes, expected a header of %d",
              file, channel.size(), fixed + length));
    }
    ByteBuffer text = ByteBuffer.allocate((int) length);
    readFully(channel, text, fixed);
    // 1.0 and 2.0 say latin1; the texts accepted here are ASCII, which is the same in both
    NpyHeader header =
        NpyHeader.parse(file.toString(), new String(text.array(), StandardCharsets.UTF_8));
    long dataBytes = NpyArray.byteSize(file.toString(), header.type(), header.shape());
    long dataOffset = fixed + length;
    checkLength(file, channel.size(), dataOffset, dataBytes, header);
    return new Layout(header, dataOffset, dataBytes);
  }

  private static void checkLength(
      Path file, long size, long dataOffset, long dataBytes, NpyHeader header) {
    // compared without adding, which could overflow
    if (size - dataOffset != dataBytes) {
      throw new InvalidInputException(
          String.format(
              "%s: %s: %d bytes, expected %s (a header of %d and %s of %s)",
              file,
              size - dataOffset < dataBytes ? "truncated" : "too long",
              size,
              Long.toUnsignedString(dataOffset + dataBytes),
              dataOffset,
              NpyArray.shapeText(header.shape()),
              header.type()));
    }
  }

  /** Fills the buffer from a position on; returns how many bytes the file had for it. */
  private static int readFully(FileChannel channel, ByteBuffer to, long position)
      throws IOException {
    while (to.hasRemaining()) {
      int read = channel.read(to, position + to.position());
      if (read < 0) {
        break;
      }
    }
    int bytes = to.position();
    to.flip();
    return bytes;
  }

  private static String hex(byte[] bytes, int count) {
    return HexFormat.ofDelimiter(" ").formatHex(bytes, 0, count);
  }
}
