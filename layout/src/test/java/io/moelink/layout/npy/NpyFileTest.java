package io.moelink.layout.npy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NpyFileTest {
  /** numpy.save of numpy.array([[1, 2, 3], [4, 5, 6]], numpy.int16), as NumPy 2.4 writes it. */
  private static final String NUMPY_INT16 =
      "934e554d5059010076007b276465736372273a20273c6932272c2027666f727472616e5f6f72646572273a20"
          + "46616c73652c20277368617065273a2028322c2033292c207d";

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(NpyType.class)
  void everyTypeComesBackFromReadAndMap(NpyType type) throws IOException {
    Random random = new Random(type.ordinal());
    for (long[] shape : new long[][] {{}, {0}, {1}, {7}, {3, 4}, {0, 5}, {2, 3, 4}, {300_000}}) {
      int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      byte[] bytes = new byte[elements * type.bytes()];
      random.nextBytes(bytes);
      Path file = folder.resolve("a.npy");
      NpyFile.write(file, NpyArray.of(type, MemorySegment.ofArray(bytes), shape));
      NpyArray read = NpyFile.read(file);
      assertThat(read.type()).isEqualTo(type);
      assertThat(read.shape()).isEqualTo(shape);
      assertThat(read.size()).isEqualTo(elements);
      assertThat(read.data().mismatch(MemorySegment.ofArray(bytes))).isEqualTo(-1);
      try (Arena arena = Arena.ofConfined()) {
        NpyArray mapped = NpyFile.map(file, arena);
        assertThat(mapped.shape()).isEqualTo(shape);
        assertThat(mapped.data().mismatch(MemorySegment.ofArray(bytes))).isEqualTo(-1);
      }
    }
    assertThat(folder).isDirectoryContaining(path -> path.endsWith("a.npy"));
    assertThat(Files.list(folder).count()).as("no temporary file stays").isEqualTo(1);
  }

  @Test
  void writesTheBytesThatNumpyWrites() throws IOException {
    Path file = folder.resolve("n.npy");
    NpyFile.write(file, NpyArray.ofShorts(NpyType.INT16, new short[] {1, 2, 3, 4, 5, 6}, 2, 3));
    byte[] start = HexFormat.of().parseHex(NUMPY_INT16);
    byte[] expected = new byte[128 + 12];
    Arrays.fill(expected, 0, 127, (byte) ' ');
    System.arraycopy(start, 0, expected, 0, start.length);
    expected[127] = '\n';
    for (int i = 0; i < 6; i++) {
      expected[128 + 2 * i] = (byte) (i + 1);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
  }

  @Test
  void convertsElements() {
    assertThat(NpyArray.ofInts(new int[] {-1, 5}, 2).toInts()).containsExactly(-1, 5);
    assertThat(NpyArray.ofInts(NpyType.UINT32, new int[] {-1}, 1).getLong(0))
        .isEqualTo(4_294_967_295L);
    assertThat(NpyArray.ofShorts(NpyType.UINT16, new short[] {-1}, 1).getLong(0)).isEqualTo(65_535);
    assertThat(NpyArray.ofShorts(NpyType.INT16, new short[] {-1}, 1).getLong(0)).isEqualTo(-1);
    assertThat(NpyArray.ofShorts(NpyType.FLOAT16, new short[] {0x3c00}, 1).toFloats())
        .containsExactly(1f);
    assertThat(NpyArray.ofBytes(NpyType.UINT8, new byte[] {-1}, 1).toLongs()).containsExactly(255);
    assertThat(NpyArray.ofBytes(NpyType.INT8, new byte[] {-1}, 1).toLongs()).containsExactly(-1);
    assertThat(NpyArray.ofLongs(NpyType.UINT64, new long[] {1L << 63}, 1).toLongs())
        .containsExactly(1L << 63);
    assertThat(NpyArray.ofFloats(new float[] {.5f}, 1).getDouble(0)).isEqualTo(.5);
    assertThat(NpyArray.ofInts(new int[] {3}, 1).getDouble(0)).isEqualTo(3);
    assertThat(NpyArray.ofInts(new int[6], 2, 3)).hasToString("[2, 3] of int32");
    assertThatThrownBy(() -> NpyArray.ofFloats(new float[1], 1).getLong(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("type=float32 is not an integer");
    assertThatThrownBy(() -> NpyArray.ofInts(NpyType.INT64, new int[1], 1))
        .hasMessage("type=int64 has 8 bytes, expected 4");
    assertThatThrownBy(() -> NpyArray.ofInts(new int[5], 2, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("array: 20 bytes, expected 24 ([2, 3] of int32)");
  }

  @Test
  void readsVersionsTwoAndThreeAndOtherSpellings() throws IOException {
    String[] headers = {
      "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }",
      "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<i4\"}  \n",
      "{'descr': '<i4', 'fortran_order': True, 'shape': (2L, 1L)}\n",
    };
    for (String header : headers) {
      for (int version = 1; version <= 3; version++) {
        Path file = file(version, header, new byte[] {1, 0, 0, 0, 2, 0, 0, 0});
        assertThat(NpyFile.read(file).toInts()).containsExactly(1, 2);
      }
    }
    Path bytes = file(1, "{'descr': '>u1', 'fortran_order': False, 'shape': ()}", new byte[] {9});
    assertThat(NpyFile.read(bytes).toInts()).containsExactly(9);
  }

  @Test
  void refusesFilesThatAreNoNpyFiles() throws IOException {
    Path file = folder.resolve("bad.npy");
    refused(file, "no such file, expected an .npy file");
    refused(folder, "a folder, expected an .npy file");
    Files.write(file, new byte[0]);
    refused(file, "not an .npy file: empty, expected 93 4e 55 4d 50 59");
    Files.writeString(file, "PK\3\4 and more");
    refused(file, "not an .npy file: starts with 50 4b 03 04 20 61, expected 93 4e 55 4d 50 59");
    Files.write(file, new byte[] {(byte) 0x93, 'N', 'U'});
    refused(file, "not an .npy file: starts with 93 4e 55, expected 93 4e 55 4d 50 59");
    Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    refused(file, "truncated: 8 bytes, expected a header");
    Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 0, 0, 0, 0});
    refused(file, ".npy version 4.0, expected 1.0, 2.0 or 3.0");
    Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0, '{'});
    refused(file, "truncated: 11 bytes, expected a header of 128");
    Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 1, 0, 1, 0});
    refused(file, "header of 65537 bytes, expected at most 65536");
  }

  @Test
  void refusesDataOfAnotherLength() throws IOException {
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    int length = 10 + header.length();
    refused(
        file(1, header, new byte[20]),
        String.format(
            "truncated: %d bytes, expected %d (a header of %d and [2, 3] of float32)",
            length + 20, length + 24, length));
    refused(
        file(1, header, new byte[25]),
        String.format(
            "too long: %d bytes, expected %d (a header of %d and [2, 3] of float32)",
            length + 25, length + 24, length));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'descr': '>i4', 'fortran_order': False, 'shape': (2,)"
            + "| big-endian type '>i4', expected little-endian '<i4'",
        "'descr': '<c8', 'fortran_order': False, 'shape': (2,)| type '<c8', expected one of bool,"
            + " int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32,"
            + " float64",
        "'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)"
            + "| a structured type (records with fields), expected a plain number type",
        "'descr': '<i4', 'fortran_order': True, 'shape': (2, 3)"
            + "| Fortran order, expected C order (numpy.save the result of"
            + " numpy.ascontiguousarray)",
        "'descr': '<i4', 'shape': (2, 3)"
            + "| header without 'fortran_order', expected the keys 'descr', 'fortran_order' and"
            + " 'shape'",
        "'descr': '<i4', 'descr': '<i4'"
            + "| header: found ''descr': '<i' at character 17, expected the keys 'descr',"
            + " 'fortran_order' and 'shape', once each",
        "'descr': '<i4', 'fortran_order': 0"
            + "| header: found '0}' at character 34, expected True or False",
        "'descr': <i4| header: found '<i4}' at character 10, expected a type in quotes",
        "'shape': (2, -3)"
            + "| header: found '-3)}' at character 14, expected a dimension of 1 to 18 digits",
        "'shape': (9999999999999999999,)"
            + "| header: found '999999999999' at character 11, expected a dimension of 1 to 18"
            + " digits",
        "'shape': (2 3)| header: found '3)}' at character 13, expected ')'",
        "'descr': '<i8', 'fortran_order': False, 'shape': (9999999999, 9999999999)"
            + "| shape [9999999999, 9999999999] of int64, expected less than 2^63 bytes",
      })
  void refusesHeaders(String header, String message) throws IOException {
    refused(file(1, "{" + header.strip() + "}", new byte[0]), message);
  }

  @Test
  void refusesHeadersThatEndEarlyOrLate() throws IOException {
    refused(file(1, "", new byte[0]), "header: found the end at character 0, expected '{'");
    refused(
        file(1, "{'descr': '<i4'", new byte[0]),
        "header: found the end at character 15, expected '}'");
    refused(
        file(1, "{'descr': '<i4'} x", new byte[0]),
        "header: found 'x' at character 17, expected the end");
    refused(
        file(
            1,
            "{'descr': '<i4', 'fortran_order': False, 'shape': (" + "1,".repeat(33) + ")}",
            new byte[4]),
        "33 dimensions, expected at most 32");
  }

  @Test
  void randomDamageIsRefusedWithOneLineAndNeverAnythingElse() throws IOException {
    Path good = folder.resolve("good.npy");
    NpyFile.write(good, NpyArray.ofInts(new int[12], 3, 4));
    byte[] bytes = Files.readAllBytes(good);
    for (long seed = 1; seed <= 500; seed++) {
      Random random = new Random(seed);
      byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 9));
      for (int i = 0; i < 3 && damaged.length > 0; i++) {
        damaged[random.nextInt(Math.min(damaged.length, 70))] = (byte) random.nextInt(256);
      }
      Path file = folder.resolve("damaged.npy");
      Files.write(file, damaged);
      try {
        NpyFile.read(file);
      } catch (InvalidInputException e) {
        assertThat(e.getMessage()).as("seed " + seed).startsWith(file + ": ").doesNotContain("\n");
      }
    }
  }

  @Test
  void aFailedWriteLeavesNothing() throws IOException {
    NpyArray array = NpyArray.ofInts(new int[1], 1);
    Path absent = folder.resolve("absent").resolve("a.npy");
    assertThatThrownBy(() -> NpyFile.write(absent, array)).isInstanceOf(NoSuchFileException.class);
    Path occupied = Files.createDirectories(folder.resolve("occupied.npy").resolve("x"));
    assertThatThrownBy(() -> NpyFile.write(occupied.getParent(), array))
        .isInstanceOf(IOException.class);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("occupied.npy"));
    }
  }

  @Test
  void writeReplacesAnOlderFile() throws IOException {
    Path file = folder.resolve("a.npy");
    NpyFile.write(file, NpyArray.ofInts(new int[100], 100));
    NpyFile.write(file, NpyArray.ofInts(new int[] {4}, 1));
    assertThat(NpyFile.read(file).toInts()).containsExactly(4);
  }

  private Path file(int version, String header, byte[] data) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    out.write(header.length());
    out.write(header.length() >> 8);
    if (version > 1) {
      out.write(new byte[2]);
    }
    out.write(header.getBytes(StandardCharsets.UTF_8));
    out.write(data);
    Path file = folder.resolve("hand.npy");
    Files.write(file, out.toByteArray());
    return file;
  }

  private static void refused(Path file, String message) {
    assertThatThrownBy(() -> NpyFile.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": " + message);
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> NpyFile.map(file, arena))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(file + ": " + message);
    }
  }
}
