package io.moelink.layout.cost;

import java.util.Arrays;

/**
 * Runs a task graph in simulated time, from event to event. A path carries one flow at a time, the
 * others wait for it in the order of their tasks; paths that meet in a resource share it fairly. So
 * an event costs a visit to the paths that share resources with the one where it happens, and
 * nothing else. What happens within {@link #TICK} happens at once, which keeps equal ranks equal.
 *
 * <p>Where very many paths share resources (every pair of a thousand ranks, over relays), flows
 * start and end on a grid of times, late by less than {@link #GRID_MAX} of the time that the
 * fullest resource needs; what a path did meanwhile counts for its next flow.
 */
final class FlowEngine {
  /** Seconds. */
  private static final double TICK = 1e-11;

  /**
   * Parts of the time of the fullest resource, for each path that shares resources; and at most.
   */
  private static final double GRID_OF_PATH = 1.5e-8;

  private static final double GRID_MAX = 5e-3;

  /** With fewer paths that share resources, times are exact. */
  private static final int EXACT_PATHS = 10_000;

  private final TaskGraph graph;
  private final FabricPaths paths;
  private final FairShare fairShare;
  private final PushState pushes;

  private final int[] flowOn;
  private final double[] bytesLeft;
  private final double[] rate;
  private final TimeHeap[] queueOf;
  private final Component[] componentOf;
  private final AgendaHeap agenda;
  private final TimeHeap waiting = new TimeHeap();
  private final Ints touched = new Ints();
  private final Component[] components;
  private final Ints ended = new Ints();
  private final Ints finished = new Ints();

  private final int[] pendingReads;
  private final int[] pendingWriters;
  private final int[] pendingFlows;
  private final int[] carriedAfter;
  private double now;
  private int open;

  /** By task: when all that it reads was there, when its first byte moved, when it ended. */
  final double[] ready;

  final double[] start;
  final double[] end;

  /** By task: the flow that it waited for most, or NONE. */
  final int[] boundFlow;

  /** By task: the one whose end let it be ready, or NONE. */
  final int[] cause;

  /** By flow: when it (its first chunk) began to move. */
  final double[] carriedAt;

  /** Paths that share resources. */
  private static final class Component {
    final int number;
    final int[] active;
    int activeCount;
    double time;
    boolean touched;
    boolean changed;

    /** Seconds between the times at which flows start and end; 0: any time. */
    double grid;

    Component(int number, int paths) {
      this.number = number;
      active = new int[paths];
    }

    double onGrid(double time) {
      return grid == 0 ? time : Math.ceil(time / grid - TICK) * grid;
    }
  }

  FlowEngine(TaskGraph graph) {
    this(graph, EXACT_PATHS);
  }

  /**
   * @param exactPaths with as many paths that share resources, times are on the grid
   */
  FlowEngine(TaskGraph graph, int exactPaths) {
    this.graph = graph;
    paths = graph.paths;
    fairShare = new FairShare(paths);
    pushes = new PushState(graph);
    int count = paths.count();
    flowOn = filled(count);
    bytesLeft = new double[count];
    rate = new double[count];
    queueOf = new TimeHeap[count];
    int[] number = fairShare.components();
    int[] sizes = new int[Arrays.stream(number).max().orElse(-1) + 1];
    for (int n : number) {
      sizes[n]++;
    }
    components = new Component[sizes.length];
    Arrays.setAll(components, n -> new Component(n, sizes[n]));
    componentOf = new Component[count];
    Arrays.setAll(componentOf, path -> components[number[path]]);
    setGrids(exactPaths);
    agenda = new AgendaHeap(sizes.length);
    pendingReads = graph.pendingReads.clone();
    pendingWriters = graph.writers.clone();
    pendingFlows = new int[graph.taskCount];
    ready = new double[graph.taskCount];
    start = new double[graph.taskCount];
    end = new double[graph.taskCount];
    Arrays.fill(start, Double.NaN);
    cause = filled(graph.taskCount);
    boundFlow = filled(graph.taskCount);
    carriedAt = new double[graph.flowCount];
    Arrays.fill(carriedAt, Double.NaN);
    carriedAfter = filled(graph.flowCount);
    open = graph.taskCount;
  }

  private void setGrids(int exactPaths) {
    if (Arrays.stream(components).noneMatch(c -> c.active.length >= exactPaths)) {
      return;
    }
    double[] bytes = graph.bytesByResource();
    Lists held = paths.constraints();
    for (int path = 0; path < paths.count(); path++) {
      Component component = componentOf[path];
      double part = Math.min(GRID_MAX, GRID_OF_PATH * component.active.length);
      for (int i = held.start()[path]; i < held.start()[path + 1]; i++) {
        int resource = held.values()[i];
        double full = bytes[resource] / paths.resources().get(resource).bytesPerSecond();
        if (component.active.length >= exactPaths) {
          component.grid = Math.max(component.grid, part * full);
        }
      }
    }
  }

  private static int[] filled(int length) {
    int[] array = new int[length];
    Arrays.fill(array, TaskGraph.NONE);
    return array;
  }

  TaskGraph graph() {
    return graph;
  }

  /** Runs everything; returns the seconds that it takes. */
  double run() {
    for (int task = 0; task < graph.taskCount; task++) {
      if (pendingReads[task] == 0) {
        startTask(task);
      }
    }
    afterwards();
    while (!agenda.isEmpty() || !waiting.isEmpty()) {
      double next = agenda.isEmpty() ? Double.POSITIVE_INFINITY : agenda.topTime();
      now = Math.max(now, waiting.isEmpty() ? next : Math.min(next, waiting.topKey()));
      while (!waiting.isEmpty() && waiting.topKey() <= now + TICK) {
        int flow = waiting.poll();
        addFlow(flow);
      }
      while (!agenda.isEmpty() && agenda.topTime() <= now + TICK) {
        finishFlows(components[agenda.top()]);
      }
      afterwards();
    }
    if (open > 0) {
      throw new IllegalStateException(open + " tasks never started: they wait for one another");
    }
    return now;
  }

  /** Lets what ended have its effects, then works out rates and next ends of what changed. */
  private void afterwards() {
    for (int i = 0; i < ended.size(); i++) {
      happened(ended.get(i));
    }
    ended.clear();
    for (int i = 0; i < touched.size(); i++) {
      Component component = components[touched.get(i)];
      component.touched = false;
      if (component.changed && component.activeCount > 0) {
        fairShare.share(component.active, component.activeCount, rate);
      }
      component.changed = false;
      double next = Double.POSITIVE_INFINITY;
      for (int a = 0; a < component.activeCount; a++) {
        int path = component.active[a];
        next = Math.min(next, bytesLeft[path] / rate[path]);
      }
      agenda.set(component.number, component.onGrid(now + Math.max(0, next)));
    }
    touched.clear();
  }

  private void happened(int task) {
    int event = graph.writes[task];
    if (event == TaskGraph.NONE || --pendingWriters[event] > 0) {
      return;
    }
    for (int i = graph.readers.start()[event]; i < graph.readers.start()[event + 1]; i++) {
      int reader = graph.readers.values()[i];
      if (--pendingReads[reader] == 0) {
        cause[reader] = task;
        startTask(reader);
      }
    }
  }

  private void startTask(int task) {
    ready[task] = now;
    int first = graph.firstFlow[task];
    int flows = graph.firstFlow[task + 1] - first;
    if (graph.chunkRows[task] > 0) {
      pushes.begin(task);
      advance(task);
      return;
    }
    pendingFlows[task] = flows;
    for (int flow = first; flow < first + flows; flow++) {
      addFlowAt(now + paths.latency()[graph.flowPath[flow]], flow);
    }
    if (flows == 0) {
      endTask(task);
    }
  }

  private void endTask(int task) {
    end[task] = now;
    if (boundFlow[task] == TaskGraph.NONE) {
      start[task] = now;
    }
    open--;
    ended.add(task);
  }

  /** Starts what a push can do next. */
  private void advance(int task) {
    int pack = graph.firstFlow[task];
    int wire = pack + 1;
    if (pushes.canPack(task)) {
      pushes.beginPack(task, now);
      addFlow(pack);
    }
    if (pushes.canSend(task)) {
      addFlowAt(pushes.beginSend(task) + paths.latency()[graph.flowPath[wire]], wire);
    }
  }

  private void addFlowAt(double earliest, int flow) {
    double time = componentOf[graph.flowPath[flow]].onGrid(Math.max(now, earliest));
    if (time > now + TICK) {
      waiting.add(time, flow);
    } else {
      addFlow(flow);
    }
  }

  private void addFlow(int flow) {
    int path = graph.flowPath[flow];
    Component component = componentOf[path];
    touch(component);
    if (flowOn[path] != TaskGraph.NONE) {
      if (queueOf[path] == null) {
        queueOf[path] = new TimeHeap();
      }
      queueOf[path].add(graph.flowTask[flow], flow);
      return;
    }
    component.active[component.activeCount++] = path;
    component.changed = true;
    carry(path, flow, TaskGraph.NONE);
  }

  private void carry(int path, int flow, int after) {
    int task = graph.flowTask[flow];
    flowOn[path] = flow;
    if (Double.isNaN(carriedAt[flow])) {
      carriedAt[flow] = now;
      carriedAfter[flow] = after;
    }
    if (Double.isNaN(start[task])) {
      start[task] = now;
    }
    bytesLeft[path] = graph.flowBytes[flow];
    if (graph.chunkRows[task] > 0) {
      bytesLeft[path] *= pushes.share(task, flow > graph.firstFlow[task], now);
    }
  }

  /** Brings the flows of a component to now. */
  private void touch(Component component) {
    if (component.touched) {
      return;
    }
    component.touched = true;
    touched.add(component.number);
    double passed = now - component.time;
    component.time = now;
    for (int i = 0; i < component.activeCount; i++) {
      int path = component.active[i];
      bytesLeft[path] -= rate[path] * passed;
    }
  }

  private void finishFlows(Component component) {
    touch(component);
    agenda.set(component.number, Double.POSITIVE_INFINITY);
    finished.clear();
    int kept = 0;
    for (int i = 0; i < component.activeCount; i++) {
      int path = component.active[i];
      boolean busy = true;
      while (busy && bytesLeft[path] <= rate[path] * TICK) {
        finished.add(flowOn[path]);
        busy = queueOf[path] != null && !queueOf[path].isEmpty();
        if (busy) {
          double ahead = Math.min(0, bytesLeft[path]);
          carry(path, queueOf[path].poll(), flowOn[path]);
          bytesLeft[path] += component.grid > 0 ? ahead : 0;
        }
      }
      if (busy) {
        component.active[kept++] = path;
      } else {
        flowOn[path] = TaskGraph.NONE;
        component.changed = true;
      }
    }
    component.activeCount = kept;
    for (int i = 0; i < finished.size(); i++) {
      flowEnded(finished.get(i));
    }
  }

  private void flowEnded(int flow) {
    int task = graph.flowTask[flow];
    if (graph.chunkRows[task] > 0) {
      boolean sent = flow > graph.firstFlow[task];
      if (pushes.ended(task, sent, now)) {
        boundFlow[task] = pushes.sentLonger(task) ? flow : graph.firstFlow[task];
        endTask(task);
      } else {
        advance(task);
      }
    } else if (--pendingFlows[task] == 0) {
      boundFlow[task] = flow;
      endTask(task);
    }
  }

  /** The flow that had to end before another began, or NONE. */
  int before(int flow) {
    if (carriedAfter[flow] != TaskGraph.NONE) {
      return carriedAfter[flow];
    }
    int task = graph.flowTask[flow];
    if (graph.chunkRows[task] > 0 && flow > graph.firstFlow[task]) {
      return graph.firstFlow[task];
    }
    return cause[task] == TaskGraph.NONE ? TaskGraph.NONE : lastFlow(cause[task]);
  }

  /** The flow that a task waited for most, or where it has none, one that it was ready after. */
  int lastFlow(int task) {
    int at = task;
    while (at != TaskGraph.NONE && boundFlow[at] == TaskGraph.NONE) {
      at = cause[at];
    }
    return at == TaskGraph.NONE ? TaskGraph.NONE : boundFlow[at];
  }
}
