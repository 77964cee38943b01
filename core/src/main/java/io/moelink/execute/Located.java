package io.moelink.execute;

import io.moelink.layout.plan.Buffer;

/**
 * A buffer that a rank's steps touch, with what finds it; looked up once, and not in every call.
 *
 * @param buffer the buffer
 * @param number its number: among this rank's buffers, or among those of others that are touched
 * @param entry its number among those that its rank shows to others; -1 for one of this rank
 * @param begunSlot the slot of the plan that says that its rank has begun; -1 for one of this rank
 */
record Located(Buffer buffer, int number, int entry, int begunSlot) {}
