using Athanor.Tensors.Blocks;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Athanor.Tensors.Kernels;

/// <summary>A block of each format: <see cref="IBlockUnpack"/> has their layouts.</summary>
internal static unsafe partial class SingleSweep
{
    private static void BytesOfBlock(Assembler a)
    {
        AssemblerRegisterZMM input = zmm20, start = zmm21, other = zmm22;
        Fetch(a, BlockFormat.Q8_0);
        a.vbroadcasti64x4(input, __ymmword_ptr[rsi]);
        Begin(a, start, other, input);
        for (int half = 0; half < 2; half++)
        {
            AssemblerRegisterZMM[] sums = half == 0 ? [zmm0, zmm1, zmm2, zmm3] : [zmm4, zmm5, zmm24, zmm25];
            for (int row = 0; row < 4; row++)
            {
                AssemblerRegisterZMM weights = Wide(row < 3 ? 26 + row : 30);
                a.vmovdqu32(Narrow(weights), Place(__ymmword_ptr, half * 2, row, 2));
                a.vinserti64x4(weights, weights, Place(__ymmword_ptr, half * 2 + 1, row, 2), 1);
                a.vpxord(weights, weights, Offset);
                a.vmovdqa32(sums[row], start);
                a.vpdpbusd(sums[row], weights, input);
            }
            Neighbours(a, sums, other);
        }
        // Quarters 0 and 1 of either are the two halves of rows 0 … 3 (8 … 11), quarters 2 and 3 those of rows 4 … 7 (12 … 15).
        a.vshufi32x4(zmm1, zmm0, zmm4, 0x88);
        a.vshufi32x4(zmm2, zmm0, zmm4, 0xDD);
        a.vpaddd(zmm0, zmm1, zmm2);
        Gather(a, zmm1, 0);
        Half(a, zmm1, zmm1);
        Step(a, zmm0, zmm1, 0);
    }

    private static void NibblesOfBlock(Assembler a)
    {
        AssemblerRegisterZMM low = zmm20, high = zmm21, sum = zmm22;
        Fetch(a, BlockFormat.Q4_0);
        a.vbroadcasti32x4(low, __xmmword_ptr[rsi]);
        a.vbroadcasti32x4(high, __xmmword_ptr[rsi + 16]);
        AssemblerRegisterZMM[] sums = [zmm0, zmm1, zmm2, zmm3];
        for (int row = 0; row < 4; row++)
        {
            AssemblerRegisterZMM weights = Wide(24 + row), upper = row % 2 == 0 ? zmm28 : zmm30;
            Four(a, weights, upper, row, 2);
            Nibbles(a, weights, upper);
            a.vpxord(sums[row], sums[row], sums[row]);
            a.vpdpbusd(sums[row], weights, low);
            a.vpdpbusd(sums[row], upper, high);
        }
        a.vpbroadcastd(sum, __dword_ptr[rbp]);
        NarrowNeighbours(a, sum, sums);
        Gather(a, zmm1, 0);
        Half(a, zmm1, zmm1);
        Step(a, sum, zmm1, 0);
    }

    private static void BlockOfQ4_K(Assembler a)
    {
        AssemblerRegisterZMM d = zmm20, min = zmm21, scales = zmm22, mins = zmm23, laterScales = zmm24, laterMins = zmm25, weights = zmm26, upper = zmm27, x = zmm28, last = Offset;
        Gather(a, zmm0, 0);
        Half(a, d, zmm0);
        a.vpsrld(zmm0, zmm0, 16);
        Half(a, min, zmm0);
        // Four scales or minima of six bits in each register: see UnpackQ4_K.
        Gather(a, zmm0, 4);
        Gather(a, zmm1, 8);
        Gather(a, zmm2, 12);
        All(a, x, 0x3F3F3F3F);
        a.vpandd(scales, zmm0, x);
        a.vpandd(mins, zmm1, x);
        All(a, x, 0x30303030);
        a.vpsrld(zmm0, zmm0, 2);
        a.vpsrld(zmm1, zmm1, 2);
        a.vpandd(zmm0, zmm0, x);
        a.vpandd(zmm1, zmm1, x);
        a.vpandd(laterScales, zmm2, Mask);
        a.vpord(laterScales, laterScales, zmm0);
        a.vpsrld(zmm2, zmm2, 4);
        a.vpandd(laterMins, zmm2, Mask);
        a.vpord(laterMins, laterMins, zmm1);
        All(a, last, 255);
        for (int pair = 0; pair < 4; pair++)
        {
            AssemblerRegisterZMM[] low = [zmm0, zmm1, zmm2, zmm3], high = [zmm4, zmm5, zmm30, zmm31];
            Fetch(a, BlockFormat.Q4_K);
            Fetch(a, BlockFormat.Q4_K);
            for (int row = 0; row < 4; row++)
            {
                for (int half = 0; half < 2; half++)
                {
                    Four(a, weights, upper, row, 16 + pair * 32 + half * 16);
                    Nibbles(a, weights, upper);
                    foreach (var (sums, bytes, column) in ((AssemblerRegisterZMM[], AssemblerRegisterZMM, int)[])[(low, weights, 0), (high, upper, 32)])
                    {
                        a.vbroadcasti32x4(x, __xmmword_ptr[rsi + pair * 64 + column + half * 16]);
                        if (half == 0)
                            a.vpxord(sums[row], sums[row], sums[row]);
                        a.vpdpbusd(sums[row], bytes, x);
                    }
                }
            }
            foreach (var (sums, part) in ((AssemblerRegisterZMM[], int)[])[(low, 2 * pair), (high, 2 * pair + 1)])
            {
                a.vpxord(x, x, x);
                NarrowNeighbours(a, x, sums);
                UnitScale(a, weights, d, part < 4 ? scales : laterScales, part & 3, last);
                UnitScale(a, upper, min, part < 4 ? mins : laterMins, part & 3, last);
                Step(a, x, weights, part);
                a.vfnmadd231ps(Sums, upper, __dword_bcst[rbp + part * sizeof(float)]);
            }
        }
    }

    /// <summary>One of four unsigned scales in each row's number, times that of the block.</summary>
    private static void UnitScale(Assembler a, AssemblerRegisterZMM to, AssemblerRegisterZMM block, AssemblerRegisterZMM four, int index, AssemblerRegisterZMM last)
    {
        if (index > 0)
            a.vpsrld(to, four, (byte)(8 * index));
        a.vpandd(to, index > 0 ? to : four, last);
        a.vcvtdq2ps(to, to);
        a.vmulps(to, block, to);
    }

    private static void BlockOfQ6_K(Assembler a)
    {
        AssemblerRegisterZMM d = zmm20, six = zmm21, low = zmm22, top = zmm23, x = zmm24, other = zmm25, firstStart = zmm26, secondStart = zmm27;
        // The last two bytes of a block are d.
        Gather(a, zmm0, 206);
        a.vpsrld(zmm0, zmm0, 16);
        Half(a, d, zmm0);
        All(a, six, 0x3F3F3F3F);
        for (int half = 0; half < 2; half++)
        {
            for (int unit = 0; unit < 2; unit++)
            {
                // Parts 0 and 2 have their nibbles in the same bytes, and so have 1 and 3.
                for (int part = 0; part < 2; part++)
                {
                    AssemblerRegisterZMM[] first = [zmm0, zmm1, zmm2, zmm3], second = [zmm4, zmm5, zmm30, zmm31];
                    int column = half * 128 + part * 32 + unit * 16;
                    Fetch(a, BlockFormat.Q6_K);
                    a.vbroadcasti32x4(x, __xmmword_ptr[rsi + column]);
                    Begin(a, firstStart, other, x);
                    a.vbroadcasti32x4(x, __xmmword_ptr[rsi + column + 64]);
                    Begin(a, secondStart, other, x);
                    for (int row = 0; row < 4; row++)
                    {
                        Four(a, low, other, row, half * 64 + part * 32 + unit * 16);
                        Four(a, top, other, row, 128 + half * 32 + unit * 16);
                        a.vpsllw(other, top, (byte)(part == 0 ? 4 : 2));
                        a.vpternlogd(other, low, Mask, 0xD8);
                        a.vpandd(other, other, six);
                        a.vbroadcasti32x4(x, __xmmword_ptr[rsi + column]);
                        a.vmovdqa32(first[row], firstStart);
                        a.vpdpbusd(first[row], other, x);
                        a.vpsrlw(low, low, 4);
                        if (part == 1)
                            a.vpsrlw(top, top, 2);
                        a.vpternlogd(top, low, Mask, 0xD8);
                        a.vpandd(top, top, six);
                        a.vbroadcasti32x4(x, __xmmword_ptr[rsi + column + 64]);
                        a.vmovdqa32(second[row], secondStart);
                        a.vpdpbusd(second[row], top, x);
                    }
                    Neighbours(a, first, other);
                    Neighbours(a, second, other);
                    a.vmovdqa32(__zmmword_ptr[r15 + (part * 2 + unit) * 64], first[0]);
                    a.vmovdqa32(__zmmword_ptr[r15 + (part * 2 + 4 + unit) * 64], second[0]);
                }
            }
            // Sums of units in the order of columns.
            for (int unit = 0; unit < 8; unit++)
            {
                if (unit % 4 == 0)
                    Gather(a, low, 192 + half * 8 + unit);
                if (unit % 4 < 3)
                    a.vpslld(top, low, (byte)(24 - unit % 4 * 8));
                a.vpsrad(top, unit % 4 < 3 ? top : low, 24);
                a.vcvtdq2ps(top, top);
                a.vmulps(top, d, top);
                a.vmovdqa32(zmm0, __zmmword_ptr[r15 + unit * 64]);
                Step(a, zmm0, top, half * 4 + unit / 2);
            }
        }
    }
}
