package io.moelink.bench.job;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A job as all contestants read it; little endian.
 *
 * <pre>
 *   int64 "MLNKJOB1" | int32 ranks, experts, topK, hidden | int32 [ranks + 1] first expert of each rank
 *   for each rank: int32 tokens | int32 [tokens * topK] ids | float32 [tokens * topK] weights
 * </pre>
 */
public final class JobFile {
  private static final long MAGIC = 0x31424f4a4b4e4c4dL;

  private JobFile() {}

  /** Writes a job. */
  public static void write(Job job, Path file) throws IOException {
    int ranks = job.ranks();
    long slots = (long) job.tokens() * job.topK();
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(8 + 4 * (5L + 2L * ranks) + 8 * slots))
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(MAGIC).putInt(ranks).putInt(job.experts()).putInt(job.topK()).putInt(job.hidden());
    int next = 0;
    for (int rank = 0; rank < ranks; rank++) {
      out.putInt(next);
      next += job.placement().expertCount(rank);
    }
    out.putInt(next);
    for (TopK own : job.routing()) {
      out.putInt(own.tokens());
      for (int id : own.ids()) {
        out.putInt(id);
      }
      for (float weight : own.weights()) {
        out.putFloat(weight);
      }
    }
    out.flip();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (out.hasRemaining()) {
        channel.write(out);
      }
    }
  }

  /** Reads a job. */
  public static Job read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < Long.BYTES || in.getLong() != MAGIC) {
      throw new InvalidInputException(file + ": no job of moelink bench");
    }
    TopK[] routing = new TopK[in.getInt()];
    int experts = in.getInt();
    int topK = in.getInt();
    int hidden = in.getInt();
    in.position(in.position() + Integer.BYTES * (routing.length + 1));
    for (int rank = 0; rank < routing.length; rank++) {
      int tokens = in.getInt();
      int[] ids = new int[tokens * topK];
      float[] weights = new float[ids.length];
      in.slice().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
      in.position(in.position() + Integer.BYTES * ids.length);
      in.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(weights);
      in.position(in.position() + Float.BYTES * weights.length);
      routing[rank] = TopK.of(rank, ids, weights, tokens, topK, experts);
    }
    return new Job(routing, hidden);
  }
}
