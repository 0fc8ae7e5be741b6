using System.Runtime.Intrinsics;

namespace Athanor.Tensors.Kernels;

/// <summary>Per-channel vectors (weights of norms, biases) as fp32, whatever they are stored as: kernels then have one form.</summary>
internal static unsafe class SmallVectors
{
    /// <summary>
    /// The vector in the order in which pairs of registers walk a row (<see cref="Simd.IStored.LoadPair{V}"/>): itself when it is fp32
    /// and <paramref name="lanes"/> is 0, else a copy in <paramref name="scratch"/>; a null vector gives <paramref name="n"/> times
    /// <paramref name="missing"/>.
    /// </summary>
    public static float* InPairs(void* vector, DType type, long n, float* scratch, float missing, int lanes)
    {
        if (vector != null && type == DType.F32 && lanes == 0)
            return (float*)vector;
        var cells = new Cells(vector, type);
        long step = lanes == 0 ? n : 2 * lanes, done = 0;
        for (; vector != null && lanes != 0 && done + step <= n; done += step)
        {
            // With a single row this takes longer than the norm itself: number by number only what is rare.
            float* even = scratch + done, odd = even + lanes;
            if (type == DType.F32)
                Split((float*)vector + done, even, odd, lanes);
            else if (type == DType.BF16)
                Split((uint*)vector + done / 2, even, odd, lanes);
            else
                Split(cells, done, even, odd, lanes);
        }
        for (; done < n; done++)
            scratch[done] = vector == null ? missing : (float)cells[done];
        return scratch;
    }

    private static void Split(float* pairs, float* even, float* odd, int lanes)
    {
        for (int i = 0; i < lanes; i++)
        {
            even[i] = pairs[2 * i];
            odd[i] = pairs[2 * i + 1];
        }
    }

    // The lower half of 32 bits is the even one.
    private static void Split(uint* pairs, float* even, float* odd, int lanes)
    {
        int i = 0;
        for (; i + Vector128<uint>.Count <= lanes; i += Vector128<uint>.Count)
        {
            Vector128<uint> pair = Vector128.Load(pairs + i);
            (pair << 16).AsSingle().Store(even + i);
            (pair & Vector128.Create(0xFFFF0000)).AsSingle().Store(odd + i);
        }
        for (; i < lanes; i++)
        {
            even[i] = BitConverter.UInt32BitsToSingle(pairs[i] << 16);
            odd[i] = BitConverter.UInt32BitsToSingle(pairs[i] & 0xFFFF0000);
        }
    }

    private static void Split(Cells cells, long from, float* even, float* odd, int lanes)
    {
        for (int i = 0; i < lanes; i++)
        {
            even[i] = (float)cells[from + 2 * i];
            odd[i] = (float)cells[from + 2 * i + 1];
        }
    }

    /// <summary>target += source, where source lies in the order of pairs: even places of a block of 2·lanes, then odd ones; what does not fill a block in order.</summary>
    public static void AddInPairs(float* target, float* source, long n, int lanes)
    {
        long step = 2 * lanes, done = 0;
        for (; lanes != 0 && done + step <= n; done += step)
        {
            for (int i = 0; i < lanes; i++)
            {
                target[done + 2 * i] += source[done + i];
                target[done + 2 * i + 1] += source[done + lanes + i];
            }
        }
        for (; done < n; done++)
            target[done] += source[done];
    }
}
