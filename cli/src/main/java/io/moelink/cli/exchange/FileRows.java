package io.moelink.cli.exchange;

import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import io.moelink.layout.npy.NpyType;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Rows from a .npy file [tokens, H]: those of all ranks' tokens in order, in words of the type. */
final class FileRows implements RowSource, AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment data;
  private final long rowBytes;
  private final long[] firstToken;

  /** Maps the file, and checks its type and shape. */
  FileRows(Path file, ElementType type, int hidden, TopK[] routing) throws IOException {
    firstToken = new long[routing.length + 1];
    for (int rank = 0; rank < routing.length; rank++) {
      firstToken[rank + 1] = firstToken[rank] + routing[rank].tokens();
    }
    try {
      NpyArray array = NpyFile.map(file, arena);
      NpyType expected = OutputWords.of(type);
      long[] shape = {firstToken[routing.length], hidden};
      if (array.type() != expected || !Arrays.equals(array.shape(), shape)) {
        throw new InvalidInputException(
            file
                + ": found "
                + array.type()
                + " "
                + NpyArray.shapeText(array.shape())
                + ", expected "
                + expected
                + " "
                + NpyArray.shapeText(shape)
                + " (a row of "
                + hidden
                + " elements for each token of all ranks)");
      }
      data = array.data();
      rowBytes = (long) hidden * type.bytes();
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public void fill(ElementType type, MemorySegment row, int rank, int token) {
    long at = (firstToken[rank] + token) * rowBytes;
    MemorySegment.copy(data, at, row, 0, rowBytes);
  }

  @Override
  public void close() {
    arena.close();
  }
}
