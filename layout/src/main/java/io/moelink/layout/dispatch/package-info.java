/**
 * Who needs which token: the index that every rank publishes ({@link
 * io.moelink.layout.dispatch.RoutingIndex}), the view of all of them ({@link
 * io.moelink.layout.dispatch.GatheredRouting}), and the layouts of dispatch that follow from it.
 */
package io.moelink.layout.dispatch;
