package io.moelink.layout.cost;

/**
 * How far every push is. It packs chunk after chunk into two places and sends them in order, so
 * chunk c can be packed when chunk c - 2 has been sent.
 */
final class PushState {
  private static final int PLACES = 2;

  private final TaskGraph graph;
  private final int[] pushOf;
  private final int[] packed;
  private final int[] sent;
  private final boolean[] packing;
  private final boolean[] sending;
  private final double[] packedAt;
  private final double[] packSeconds;
  private final double[] sendSeconds;
  private final double[] packSince;
  private final double[] sendSince;

  PushState(TaskGraph graph) {
    this.graph = graph;
    pushOf = new int[graph.taskCount];
    int count = 0;
    for (int task = 0; task < graph.taskCount; task++) {
      pushOf[task] = graph.chunkRows[task] > 0 ? count++ : TaskGraph.NONE;
    }
    packed = new int[count];
    sent = new int[count];
    packing = new boolean[count];
    sending = new boolean[count];
    packedAt = new double[PLACES * count];
    packSeconds = new double[count];
    sendSeconds = new double[count];
    packSince = new double[count];
    sendSince = new double[count];
  }

  void begin(int task) {
    int push = pushOf[task];
    packed[push] = 0;
    sent[push] = 0;
  }

  private int chunks(int task) {
    return (int) Math.ceil(graph.pushRows[task] / graph.chunkRows[task]);
  }

  boolean canPack(int task) {
    int push = pushOf[task];
    return !packing[push] && packed[push] < chunks(task) && packed[push] - sent[push] < PLACES;
  }

  void beginPack(int task, double now) {
    packing[pushOf[task]] = true;
    packSince[pushOf[task]] = now;
  }

  boolean canSend(int task) {
    int push = pushOf[task];
    return !sending[push] && sent[push] < packed[push];
  }

  /** Returns when the next chunk was packed. */
  double beginSend(int task) {
    int push = pushOf[task];
    sending[push] = true;
    return packedAt[PLACES * push + sent[push] % PLACES];
  }

  /** The part of all rows that the chunk has that is packed, or sent, from now on. */
  double share(int task, boolean send, double now) {
    int push = pushOf[task];
    if (send) {
      sendSince[push] = now;
    }
    int chunk = send ? sent[push] : packed[push];
    double rows = graph.pushRows[task];
    double before = (double) chunk * graph.chunkRows[task];
    return Math.min(graph.chunkRows[task], rows - before) / rows;
  }

  /** A chunk has been packed, or sent; returns whether that was the last of all. */
  boolean ended(int task, boolean wasSent, double now) {
    int push = pushOf[task];
    if (wasSent) {
      sending[push] = false;
      sendSeconds[push] += now - sendSince[push];
      sent[push]++;
    } else {
      packing[push] = false;
      packSeconds[push] += now - packSince[push];
      packedAt[PLACES * push + packed[push] % PLACES] = now;
      packed[push]++;
    }
    return sent[push] == chunks(task);
  }

  /** Whether more time went into sending than into packing. */
  boolean sentLonger(int task) {
    return sendSeconds[pushOf[task]] >= packSeconds[pushOf[task]];
  }
}
