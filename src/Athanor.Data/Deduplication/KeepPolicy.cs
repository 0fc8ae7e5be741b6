using System.Globalization;
using Athanor.Data.Documents;

namespace Athanor.Data.Deduplication;

/// <summary>Which of several duplicates stays.</summary>
public enum KeepPolicy
{
    /// <summary>The first in the order of the inputs.</summary>
    First,

    /// <summary>The longest text; of equally long ones the first.</summary>
    Longest,

    /// <summary>The highest number in a metadata field; documents without one come last.</summary>
    Score,
}

/// <summary>Numbers documents for a policy: higher ones stay.</summary>
internal static class KeepScores
{
    public static double Of(KeepPolicy policy, string? field, Document document) => policy switch
    {
        KeepPolicy.Longest => document.Text.Length,
        KeepPolicy.Score => document.Metadata.TryGetValue(field!, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && !double.IsNaN(value)
            ? value : double.NegativeInfinity,
        _ => 0,
    };

    /// <summary>A number that is lower the higher the score, in an order that 64 bits keep.</summary>
    public static ulong Rank(double score)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(score == 0 ? 0 : score);
        // Negative numbers have their bits turned, others the sign bit set: then unsigned order is numeric order.
        ulong ordered = (bits >> 63) != 0 ? ~bits : bits | 1UL << 63;
        return ~ordered;
    }
}
