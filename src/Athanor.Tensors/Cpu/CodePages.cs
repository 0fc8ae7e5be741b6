using Iced.Intel;

namespace Athanor.Tensors.Cpu;

/// <summary>Turns emitted instructions into callable code. Kernels live as long as the process.</summary>
internal static unsafe class CodePages
{
    /// <summary>Assembles and installs; throws when the system forbids executable pages (see <see cref="CpuFeatures.Amx"/>, which asks first).</summary>
    public static nint Build(Action<Assembler> emit)
    {
        if (!TryBuild(emit, out nint entry, out string? refusal))
            throw new NotSupportedException($"Run-time kernels cannot be installed: {refusal}. Set ATHANOR_CPU=simd to use the SIMD path.");
        return entry;
    }

    public static bool TryBuild(Action<Assembler> emit, out nint entry, out string? refusal)
    {
        var assembler = new Assembler(64);
        emit(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), 0);
        entry = (nint)Os.InstallCode(code.GetBuffer().AsSpan(0, (int)code.Length), out refusal);
        return entry != 0;
    }
}
