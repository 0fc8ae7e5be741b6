using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Tests.Amx;

/// <summary>A test that needs AMX; reported as skipped, with the reason, on other machines.</summary>
public sealed class AmxFactAttribute : FactAttribute
{
    public AmxFactAttribute() => Skip = CpuFeatures.AmxUnavailableBecause;
}

/// <summary>A theory that needs AMX; reported as skipped, with the reason, on other machines.</summary>
public sealed class AmxTheoryAttribute : TheoryAttribute
{
    public AmxTheoryAttribute() => Skip = CpuFeatures.AmxUnavailableBecause;
}
