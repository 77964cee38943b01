/** Groups whose ranks are processes: what a rank does, and the tests that start and kill them. */
package io.moelink.nativestubs.job;
