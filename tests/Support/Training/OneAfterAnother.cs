using Xunit.Sdk;
using Xunit.v3;

// Training sets and draws from the process-wide generator and takes the process's number of threads, so tests that train do not run
// beside each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
