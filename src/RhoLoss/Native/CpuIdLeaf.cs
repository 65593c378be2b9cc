namespace RhoLoss.Native;

/// <summary>What the CPUID instruction answers for one leaf and sub-leaf.</summary>
internal readonly record struct CpuIdLeaf(uint Eax, uint Ebx, uint Ecx, uint Edx);
