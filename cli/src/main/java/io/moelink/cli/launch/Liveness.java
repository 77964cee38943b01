package io.moelink.cli.launch;

/** Whether a process runs. */
final class Liveness {
  private Liveness() {}

  /**
   * Whether a process of this user still runs. One that has ended stays in the system's table until
   * its parent has asked how, which an orphan's new parent may do late or never; it has no program
   * any more then.
   */
  static boolean isRunning(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }
}
