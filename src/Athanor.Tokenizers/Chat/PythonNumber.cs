using System.Globalization;
using System.Numerics;

namespace Athanor.Tokenizers.Chat;

/// <summary>Python's numbers: whole numbers of any size (within reason), floats, and True and False as 1 and 0.</summary>
internal static class PythonNumber
{
    /// <summary>Python itself refuses to print a whole number of more digits.</summary>
    public const int MaxDigits = 4300;
    private const long MaxBits = 14_284;

    public static object Normalize(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value
        : value.GetBitLength() > MaxBits ? throw new ChatTemplateLimitException($"a whole number of more than {MaxDigits} digits.")
        : value;

    public static BigInteger ToBig(object value) => value switch { bool truth => truth ? 1 : 0, long number => number, _ => (BigInteger)value };

    public static double ToDouble(object value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long number => number,
        double number => number,
        _ => Divide((BigInteger)value, 1),
    };

    public static bool TryIndex(object? value, out long index)
    {
        index = value switch { long number => number, bool truth => truth ? 1 : 0, BigInteger big => big.Sign < 0 ? long.MinValue : long.MaxValue, _ => 0 };
        return value is long or bool or BigInteger;
    }

    /// <summary>An argument that must be a whole number.</summary>
    public static long Index(object? value, string what) =>
        value is UndefinedValue undefined ? throw undefined.Error()
        : TryIndex(value, out long index) ? index
        : throw new ChatTemplateException($"{what} must be a whole number, not {PythonType.Name(value)}.");

    /// <summary>An operation on two numbers; null when one of the operands is none.</summary>
    public static object? Operate(string op, object? left, object? right)
    {
        if (!PythonType.IsNumber(left) || !PythonType.IsNumber(right))
            return null;
        if (left is double || right is double)
            return Reals(op, ToDouble(left!), ToDouble(right!));
        if (left is long a && right is long b)
        {
            // The common cases without big numbers; what overflows takes the long way.
            switch (op)
            {
                case "+" when (a ^ (a + b)) >= 0 || (a ^ b) < 0: return unchecked(a + b);
                case "-" when (a ^ b) >= 0 || (a ^ (a - b)) >= 0: return unchecked(a - b);
                case "//" when b > 0: return Math.DivRem(a, b, out long rest) - (rest < 0 ? 1 : 0);
                case "%" when b > 0: return a % b is var r && r < 0 ? r + b : a % b;
                default: break;
            }
        }
        return Wholes(op, ToBig(left!), ToBig(right!));
    }

    public static object Negate(object value) => value is double number ? -number : Normalize(-ToBig(value));

    private static object Wholes(string op, BigInteger a, BigInteger b)
    {
        switch (op)
        {
            case "+": return Normalize(a + b);
            case "-": return Normalize(a - b);
            case "*": return Normalize(a * b);
            case "/": return b.IsZero ? throw DivisionByZero("division by zero") : Divide(a, b);
            case "//" or "%":
                if (b.IsZero)
                    throw DivisionByZero("integer division or modulo by zero");
                var quotient = BigInteger.DivRem(a, b, out BigInteger rest);
                if (!rest.IsZero && rest.Sign != b.Sign)
                    (quotient, rest) = (quotient - 1, rest + b);
                return Normalize(op == "%" ? rest : quotient);
            default:
                if (b.Sign < 0)
                    return a.IsZero ? throw DivisionByZero("0.0 cannot be raised to a negative power") : Math.Pow((double)a, (double)b);
                if (BigInteger.Abs(a) > 1 && b * a.GetBitLength() > 2 * MaxBits)
                    throw new ChatTemplateLimitException($"a whole number of more than {MaxDigits} digits.");
                return Normalize(BigInteger.Abs(a) <= 1 ? (a.IsOne || b.IsZero ? 1 : a.IsZero ? 0 : b.IsEven ? 1 : -1) : BigInteger.Pow(a, (int)b));
        }
    }

    /// <summary>The float nearest to a quotient, ties to even: .NET's own conversion of big numbers cuts them off.</summary>
    private static double Divide(BigInteger a, BigInteger b)
    {
        BigInteger numerator = BigInteger.Abs(a), denominator = BigInteger.Abs(b);
        if (numerator <= 1L << 53 && denominator <= 1L << 53)
            return (double)a / (double)b;
        int shift = (int)(denominator.GetBitLength() - numerator.GetBitLength() + 63);
        var quotient = BigInteger.DivRem(shift > 0 ? numerator << shift : numerator, shift < 0 ? denominator << -shift : denominator, out BigInteger rest);
        // 63 or 64 bits, and what is left over as one bit more, round as the whole would.
        ulong bits = (ulong)quotient | (rest.IsZero ? 0u : 1u);
        double value = Math.ScaleB((double)bits, -shift);
        if (double.IsInfinity(value))
            throw new ChatTemplateException("the whole number is too large for a float.");
        return a.Sign == b.Sign ? value : -value;
    }

    private static double Reals(string op, double a, double b)
    {
        switch (op)
        {
            case "+": return a + b;
            case "-": return a - b;
            case "*": return a * b;
            case "/": return b == 0 ? throw DivisionByZero("float division by zero") : a / b;
            case "//" or "%":
                if (b == 0)
                    throw DivisionByZero(op == "%" ? "float modulo" : "float floor division by zero");
                double rest = a % b;
                double quotient = (a - rest) / b;
                if (rest != 0 && (rest < 0) != (b < 0))
                    (rest, quotient) = (rest + b, quotient - 1);
                else if (rest == 0)
                    rest = Math.CopySign(0, b);
                if (op == "%")
                    return rest;
                double floor = quotient == 0 ? Math.CopySign(0, a / b) : Math.Floor(quotient);
                return quotient != 0 && quotient - floor > 0.5 ? floor + 1 : floor;
            default:
                if (a == 0 && b < 0)
                    throw DivisionByZero("0.0 cannot be raised to a negative power");
                if (a < 0 && double.IsFinite(b) && b != Math.Floor(b))
                    throw new ChatTemplateException("a negative number has no real power of a fraction.");
                double power = Math.Pow(a, b);
                return double.IsInfinity(power) && double.IsFinite(a) && double.IsFinite(b) ? throw new ChatTemplateException("the power is too large for a float.") : power;
        }
    }

    private static ChatTemplateException DivisionByZero(string message) => new(message + ".");

    /// <summary>The shortest decimal that reads back as the same float, as Python's repr writes it.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        string sign = double.IsNegative(value) ? "-" : "";
        (string digits, int point) = Shortest(Math.Abs(value));
        if (point is > 16 or < -3)
        {
            string mantissa = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
            return $"{sign}{mantissa}e{(point > 0 ? '+' : '-')}{Math.Abs(point - 1):00}";
        }
        if (point <= 0)
            return $"{sign}0.{new string('0', -point)}{digits}";
        return point >= digits.Length
            ? $"{sign}{digits}{new string('0', point - digits.Length)}.0"
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }

    /// <summary>Significant digits without trailing zeros, and how many of them stand before the point.</summary>
    private static (string Digits, int Point) Shortest(double value)
    {
        if (value == 0)
            return ("0", 1);
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = 0;
        int e = text.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        int point = (dot < 0 ? text.Length : dot) + exponent;
        string all = text.Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        return (digits.TrimEnd('0'), point - (all.Length - digits.Length));
    }

    /// <summary>The float with so many digits behind the point, rounded exactly with ties to even, as Python does.</summary>
    public static string Fixed(double value, int places)
    {
        if (!double.IsFinite(value))
            return Repr(value);
        BigInteger scaled = Scaled(value, places);
        string digits = BigInteger.Abs(scaled).ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(places, 0) + 1, '0');
        string text = places > 0 ? $"{digits[..^places]}.{digits[^places..]}" : digits;
        return double.IsNegative(value) ? "-" + text : text;
    }

    public static double Round(double value, int places)
    {
        if (!double.IsFinite(value) || places > 323)
            return value;
        if (places < -308)
            return Math.CopySign(0, value);
        if (places >= 0)
            return double.Parse(Fixed(value, places), CultureInfo.InvariantCulture);
        string text = (Scaled(value, places) * BigInteger.Pow(10, -places)).ToString(CultureInfo.InvariantCulture);
        return Math.CopySign(double.Parse(text, CultureInfo.InvariantCulture), value);
    }

    private static BigInteger Scaled(double value, int places)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52 & 0x7ff);
        long mantissa = bits & 0xf_ffff_ffff_ffff;
        if (exponent == 0)
            exponent++;
        else
            mantissa |= 1L << 52;
        exponent -= 1075;
        BigInteger numerator = mantissa, denominator = 1;
        if (exponent > 0)
            numerator <<= exponent;
        else
            denominator <<= -exponent;
        if (places > 0)
            numerator *= BigInteger.Pow(10, places);
        else
            denominator *= BigInteger.Pow(10, -places);
        return RoundEven(numerator, denominator) * (value < 0 ? -1 : 1);
    }

    /// <summary>The nearest whole number of a quotient of positives, ties to even.</summary>
    public static BigInteger RoundEven(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int tie = (rest * 2).CompareTo(denominator);
        return tie > 0 || (tie == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
