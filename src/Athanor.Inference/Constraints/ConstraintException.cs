namespace Athanor.Inference.Constraints;

/// <summary>A grammar, a schema or a regular expression that cannot be used; the message says what part, why, and how to mend it.</summary>
public sealed class ConstraintException(string message, string place = "") : FormatException(place.Length == 0 ? message : $"{place}: {message}")
{
    /// <summary>Where: a JSON path, a line and column, an offset; empty where the whole is meant.</summary>
    public string Place { get; } = place;
}
