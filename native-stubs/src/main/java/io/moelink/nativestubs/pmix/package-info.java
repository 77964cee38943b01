/**
 * Ranks that {@code mpirun} or {@code srun --mpi=pmix} has started, and that find each other
 * through PMIx, the interface by which those launchers serve the processes of a job. {@link
 * io.moelink.nativestubs.pmix.PmixBootstrapProvider} is what others use; {@code libpmix.so.2} is
 * bound here by hand, after {@code pmix.h} and {@code pmix_common.h} of OpenPMIx 4.2, and loaded
 * when a job asks for it and not before.
 */
package io.moelink.nativestubs.pmix;
