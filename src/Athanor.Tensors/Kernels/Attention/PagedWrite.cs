using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>New keys and values for a paged cache: row i goes to slot Slots[i].</summary>
internal unsafe struct PagedWriteArgs
{
    public int Rows, Heads, HeadDim;

    /// <summary>[1, Rows, Heads, HeadDim] of <see cref="Type"/>, F32 or BF16.</summary>
    public AttentionOperand Keys, Values;
    public DType Type;

    /// <summary>[slots, Heads, HeadDim] of <see cref="CacheType"/>: F32, BF16, or I8 with scales [slots, Heads].</summary>
    public byte* CachedKeys, CachedValues;
    public DType CacheType;
    public float* KeyScales, ValueScales;

    public int* Slots;
}

/// <summary>
/// See <see cref="PagedWriteArgs"/>. As bytes x ≈ scale · q with scale = max |x| / 127 of a head of a row, so the error is at most scale / 2; a head that holds a number
/// that is not finite becomes NaN. A row depends on nothing but itself.
/// </summary>
internal static unsafe class PagedWriteKernel
{
    /// <summary>Below so many numbers a team costs more than it brings.</summary>
    private const int NumbersAtOnce = 1 << 14;

    public static void Run(CpuDevice device, PagedWriteArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Copy(&args, 0, 0, args.Rows);
        else
            device.Team.For(args.Rows, Math.Max(1, NumbersAtOnce / (2 * args.Heads * args.HeadDim)), &Copy, &args);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(void* state, int member, long begin, long end)
    {
        var a = (PagedWriteArgs*)state;
        int size = a->Type.Size(), cached = a->CacheType.Size();
        for (int i = (int)begin; i < end; i++)
        {
            long first = (long)a->Slots[i] * a->Heads;
            for (int h = 0; h < a->Heads; h++)
            {
                long row = first + h, at = row * a->HeadDim * cached;
                Head(*a, a->Keys.At(0, i, h, size), a->CachedKeys + at, a->KeyScales + row);
                Head(*a, a->Values.At(0, i, h, size), a->CachedValues + at, a->ValueScales + row);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Head(in PagedWriteArgs a, byte* source, byte* target, float* scale)
    {
        int count = a.HeadDim;
        if (a.CacheType == a.Type)
        {
            Unsafe.CopyBlockUnaligned(target, source, (uint)(count * a.Type.Size()));
            return;
        }
        switch (a.CacheType)
        {
            case DType.F32:
                for (int x = 0; x < count; x++)
                    ((float*)target)[x] = Number(a.Type, source, x);
                break;
            case DType.BF16:
                for (int x = 0; x < count; x++)
                    ((ushort*)target)[x] = BFloat16.FromSingle(Number(a.Type, source, x));
                break;
            default:
                Bytes(a.Type, source, count, (sbyte*)target, scale);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Number(DType type, byte* source, int x) => type == DType.F32 ? ((float*)source)[x] : BFloat16.ToSingle(((ushort*)source)[x]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bytes(DType type, byte* source, int count, sbyte* target, float* scale)
    {
        float most = 0;
        for (int x = 0; x < count; x++)
            most = MathF.Max(most, MathF.Abs(Number(type, source, x)));
        if (!float.IsFinite(most))
        {
            *scale = float.NaN;
            new Span<sbyte>(target, count).Fill(1);
            return;
        }
        *scale = most / 127;
        float inverse = most > 0 ? 127 / most : 0;
        for (int x = 0; x < count; x++)
            target[x] = (sbyte)Math.Clamp(MathF.Round(Number(type, source, x) * inverse), -127, 127);
    }
}
