/** Pure functions: topologies, routing, layouts and plans. No native code, no threads. */
module io.moelink.layout {
  requires tools.jackson.databind;

  exports io.moelink.layout;
  exports io.moelink.layout.combine;
  exports io.moelink.layout.cost;
  exports io.moelink.layout.dispatch;
  exports io.moelink.layout.npy;
  exports io.moelink.layout.plan;
  exports io.moelink.layout.routing;
  exports io.moelink.layout.topology;
}
