namespace Athanor.Tensors.Kernels;

internal static unsafe partial class RopeKernel
{
    private static void RotateReference(in RopeArguments a)
    {
        var x = new Cells(a.X, a.Type);
        var y = new Cells(a.Y, a.Type);
        int half = a.Rotary / 2;
        for (long row = 0; row < a.Rows; row++)
        {
            long position = a.Positions != null ? a.Positions[row] : a.Offset + row % a.Period;
            if (a.X != a.Y)
            {
                for (long c = 0; c < a.Width; c++)
                    y[row * a.YStride + c] = x[row * a.XStride + c];
            }
            for (int head = 0; head < a.Heads; head++)
            {
                for (int i = 0; i < half; i++)
                {
                    long first = head * a.HeadSize + (a.Interleaved ? 2 * i : i), second = first + (a.Interleaved ? 1 : half);
                    double cos = a.Cos[position * half + i], sin = a.Backward ? -a.Sin[position * half + i] : a.Sin[position * half + i];
                    double p = x[row * a.XStride + first], q = x[row * a.XStride + second];
                    y[row * a.YStride + first] = p * cos - q * sin;
                    y[row * a.YStride + second] = q * cos + p * sin;
                }
            }
        }
    }
}
