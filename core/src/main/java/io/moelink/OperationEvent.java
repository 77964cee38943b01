package io.moelink;

import io.moelink.layout.topology.LinkKind;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;

/** The fields of {@link DispatchEvent} and {@link CombineEvent}: those of {@link GroupStats}. */
abstract class OperationEvent extends Event {
  @Label("Operation")
  String operation;

  @Label("Algorithm")
  String algorithm;

  @Label("Rank")
  int rank;

  @Label("Tokens of this rank")
  int tokens;

  @Label("Rows of this rank's experts")
  int rows;

  @Label("Bytes within the rank")
  @DataAmount
  long local;

  @Label("Bytes from die to die")
  @DataAmount
  long d2d;

  @Label("Bytes over P2P links")
  @DataAmount
  long p2p;

  @Label("Bytes over BLink")
  @DataAmount
  long blink;

  @Label("Bytes over Port-10")
  @DataAmount
  long port10;

  @Label("Bytes over NVLink")
  @DataAmount
  long nvlink;

  @Label("Bytes over PCIe")
  @DataAmount
  long pcie;

  @Label("Bytes in shared memory")
  @DataAmount
  long shared;

  @Label("Bytes over RDMA")
  @DataAmount
  long rdma;

  /** Ends the operation that {@code stats} counted last. */
  void commit(String call, Handle handle, StatsCounter stats) {
    end();
    if (shouldCommit()) {
      operation = call;
      algorithm = handle.algorithm();
      rank = handle.group().rank();
      tokens = handle.tokens();
      rows = handle.rowCount();
      for (LinkKind kind : LinkKind.values()) {
        set(kind, stats.last(kind));
      }
      commit();
    }
  }

  private void set(LinkKind kind, long bytes) {
    switch (kind) {
      case LOCAL -> local = bytes;
      case D2D -> d2d = bytes;
      case P2P -> p2p = bytes;
      case BLINK -> blink = bytes;
      case PORT10 -> port10 = bytes;
      case NVLINK -> nvlink = bytes;
      case PCIE -> pcie = bytes;
      case SHARED -> shared = bytes;
      case RDMA -> rdma = bytes;
    }
  }
}
