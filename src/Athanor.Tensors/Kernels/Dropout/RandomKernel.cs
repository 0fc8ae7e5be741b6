namespace Athanor.Tensors.Kernels;

/// <summary>
/// Fills with random numbers from <see cref="Philox"/>: one scalar code for every path, in operations that IEEE 754 defines to the bit
/// (no library functions, no contraction), so that a seed gives the same weights on every machine.
/// </summary>
internal static unsafe class RandomKernel
{
    private const long ChunkBlocks = 256;

    /// <summary>Uniform in [low, high).</summary>
    public static void Uniform(CpuDevice device, DType type, void* target, long n, float low, float high, ulong seed, ulong stream) =>
        Fill(device, new State { Target = target, Type = type, N = n, A = low, B = high - low, Seed = seed, Stream = stream });

    /// <summary>Normal with the given mean and deviation (Box–Muller in double).</summary>
    public static void Normal(CpuDevice device, DType type, void* target, long n, float mean, float deviation, ulong seed, ulong stream) =>
        Fill(device, new State { Target = target, Type = type, N = n, A = mean, B = deviation, Seed = seed, Stream = stream, IsNormal = true });

    private struct State
    {
        public void* Target;
        public DType Type;
        public long N;
        public float A, B;
        public ulong Seed, Stream;
        public bool IsNormal;
    }

    private static void Fill(CpuDevice device, State state) => device.Team.For((state.N + Philox.Block - 1) / Philox.Block, ChunkBlocks, &Blocks, &state);

    private static void Blocks(void* state, int member, long begin, long end)
    {
        var fill = (State*)state;
        var target = new Cells(fill->Target, fill->Type);
        float* four = stackalloc float[4];
        for (long block = begin; block < end; block++)
        {
            for (int lane = 0; lane < 16; lane++)
            {
                long first = block * Philox.Block + lane;
                if (first >= fill->N)
                    break;
                Philox.Words(fill->Seed, fill->Stream, (ulong)(block * 16 + lane), out uint w0, out uint w1, out uint w2, out uint w3);
                if (fill->IsNormal)
                {
                    Pair(w0, w1, out four[0], out four[1]);
                    Pair(w2, w3, out four[2], out four[3]);
                }
                else
                {
                    (four[0], four[1], four[2], four[3]) = (Philox.Uniform(w0), Philox.Uniform(w1), Philox.Uniform(w2), Philox.Uniform(w3));
                }
                for (int w = 0; w < 4 && first + 16 * w < fill->N; w++)
                    target[first + 16 * w] = fill->A + fill->B * four[w];
            }
        }
    }

    /// <summary>Two independent standard normal numbers from two words.</summary>
    private static void Pair(uint first, uint second, out float a, out float b)
    {
        const double step = 1.0 / 4294967296;
        double radius = Math.Sqrt(-2 * Log((first + 1.0) * step));
        // A turn in quarters: the nearest quarter, and the rest within an eighth of a turn.
        double quarters = second * step * 4;
        int quarter = (int)(quarters + 0.5);
        double angle = (quarters - quarter) * (Math.PI / 2), z = angle * angle;
        double sin = angle * (1 - z / 6 * (1 - z / 20 * (1 - z / 42 * (1 - z / 72 * (1 - z / 110 * (1 - z / 156))))));
        double cos = 1 - z / 2 * (1 - z / 12 * (1 - z / 30 * (1 - z / 56 * (1 - z / 90 * (1 - z / 132 * (1 - z / 182))))));
        (sin, cos) = (quarter & 3) switch { 0 => (sin, cos), 1 => (cos, -sin), 2 => (-sin, -cos), _ => (-cos, sin) };
        a = (float)(radius * cos);
        b = (float)(radius * sin);
    }

    /// <summary>Natural logarithm of a normal positive number: 2·artanh((m − 1)/(m + 1)) + e·ln 2.</summary>
    private static double Log(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }
        double s = (m - 1) / (m + 1), z = s * s, sum = 1.0 / 21;
        for (int k = 19; k >= 1; k -= 2)
            sum = sum * z + 1.0 / k;
        return 2 * s * sum + exponent * 0.69314718055994531;
    }
}
