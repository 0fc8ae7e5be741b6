namespace Athanor.Data.Segmentation;

/// <summary>Sums over the words of a text as spaCy's blank English pipeline makes them.</summary>
/// <param name="Words">All words.</param>
/// <param name="Solid">Those that are not wholly punctuation.</param>
/// <param name="SolidPoints">Their code points.</param>
/// <param name="Alphabetic">Words with a letter.</param>
/// <param name="DistinctStopWords">How many of Gopher's eight stop words are there in small letters.</param>
internal readonly record struct EnglishTotals(int Words, int Solid, long SolidPoints, int Alphabetic, int DistinctStopWords);
