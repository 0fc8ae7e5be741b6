namespace Athanor.Data.Steps;

/// <summary>A part of a document's text.</summary>
/// <param name="Start">The first UTF-16 code unit.</param>
/// <param name="Length">UTF-16 code units.</param>
public readonly record struct TextSpan(int Start, int Length);

/// <summary>Why a document was removed: what a person needs to agree or to move the threshold.</summary>
/// <param name="Rule">The rule, in snake_case: <c>mean_word_length</c>.</param>
/// <param name="Value">What was measured; 1 for rules that only find something.</param>
/// <param name="Threshold">What it was held against.</param>
/// <param name="Span">The offending part of the text; empty where the whole document is meant.</param>
/// <param name="Note">What was found, where a number does not say it: a word, a host, a language.</param>
public sealed record Removal(string Rule, double Value = 1, double Threshold = 1, TextSpan Span = default, string? Note = null);
