package io.moelink.bootstrap;

import io.moelink.layout.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a job's environment says of this rank, checked.
 *
 * @param rank 0 to size - 1
 * @param size ranks of the job, 1 to {@link #WORLD_SIZE_MAX}
 * @param host of rank 0, a name or an address; null in a job of one rank
 * @param port where rank 0 listens; 0 in a job of one rank
 * @param secret null in a job of one rank
 * @param launched the launcher holds the store, not rank 0
 */
record JobEnvironment(
    int rank, int size, String host, int port, JobSecret secret, boolean launched) {
  /** The rank of who holds the store and is none. */
  static final int NO_RANK = -1;

  static final String STORE = "MOELINK_STORE";
  static final String BY_LAUNCHER = "launcher";
  static final int WORLD_SIZE_MAX = 4096;
  static final int SECRET_BYTES_MIN = 16;
  static final int SECRET_BYTES_MAX = 1024;

  private static final int PORT_MAX = 65_535;
  private static final int SHOWN_CHARACTERS_MAX = 80;

  /** What a rank finds. */
  static JobEnvironment of(Map<String, String> variables) {
    int size = number(variables, "WORLD_SIZE", 1, WORLD_SIZE_MAX);
    int rank = number(variables, "RANK", 0, WORLD_SIZE_MAX - 1);
    if (rank >= size) {
      throw new InvalidInputException(
          "RANK: found %d, expected 0 to %d since WORLD_SIZE is %d"
              .formatted(rank, size - 1, size));
    }
    if (size == 1) {
      return new JobEnvironment(rank, size, null, 0, null, false);
    }
    return of(rank, size, variables, launched(variables));
  }

  /** What a launcher gives to its ranks. */
  static JobEnvironment ofLauncher(Map<String, String> variables) {
    int size = number(variables, "WORLD_SIZE", 1, WORLD_SIZE_MAX);
    return of(NO_RANK, size, variables, true);
  }

  private static boolean launched(Map<String, String> variables) {
    String found = variables.get(STORE);
    if (found == null || found.equals(BY_LAUNCHER)) {
      return found != null;
    }
    throw new InvalidInputException(
        wrong(STORE, shown(found), BY_LAUNCHER + ", or nothing where rank 0 holds the store"));
  }

  private static JobEnvironment of(
      int rank, int size, Map<String, String> variables, boolean launched) {
    String host = text(variables, "MASTER_ADDR", "the name or address of the host of rank 0");
    int port = number(variables, "MASTER_PORT", 1, PORT_MAX);
    return new JobEnvironment(rank, size, host, port, secret(variables), launched);
  }

  private static int number(Map<String, String> variables, String name, int least, int most) {
    String expected = "a number from %d to %d".formatted(least, most);
    String found = text(variables, name, expected);
    try {
      int value = Integer.parseInt(found);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new InvalidInputException(wrong(name, shown(found), expected), e);
    }
    throw new InvalidInputException(wrong(name, shown(found), expected));
  }

  private static String text(Map<String, String> variables, String name, String expected) {
    String found = variables.get(name);
    if (found == null || found.isBlank()) {
      throw new InvalidInputException(wrong(name, "nothing", expected));
    }
    return found.strip();
  }

  private static JobSecret secret(Map<String, String> variables) {
    String expected =
        "%d to %d bytes that the ranks of the job share and nobody else knows"
            .formatted(SECRET_BYTES_MIN, SECRET_BYTES_MAX);
    byte[] found = text(variables, "MOELINK_SECRET", expected).getBytes(StandardCharsets.UTF_8);
    if (found.length < SECRET_BYTES_MIN || found.length > SECRET_BYTES_MAX) {
      throw new InvalidInputException(wrong("MOELINK_SECRET", found.length + " bytes", expected));
    }
    return new JobSecret(found);
  }

  private static String wrong(String name, String found, String expected) {
    return "%s: found %s, expected %s".formatted(name, found, expected);
  }

  /** A value for a message of one line. */
  static String shown(String value) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= SHOWN_CHARACTERS_MAX
        ? line
        : line.substring(0, SHOWN_CHARACTERS_MAX) + "...";
  }

  /** Where rank 0 listens, for people. */
  String place() {
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    return "%s:%d".formatted(shown(bare ? "[" + host + "]" : host), port);
  }

  /** Who holds the store, for people. */
  String holder() {
    return launched ? "the launcher" : "rank=0";
  }

  /** Who this is, for people. */
  String self() {
    return rank == NO_RANK ? "the launcher" : "rank=" + rank;
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "rank=%d size=%d host=%s port=%d".formatted(rank, size, host, port);
  }
}
