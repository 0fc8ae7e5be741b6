using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>A part of a document that is compared with all others.</summary>
/// <param name="Hash">Of what is compared.</param>
/// <param name="Span">What goes with it when it is a duplicate.</param>
internal readonly record struct TextUnit128(UInt128 Hash, TextSpan Span);

/// <summary>Cuts documents into the parts that are compared. One for each worker.</summary>
internal interface ITextUnits
{
    /// <summary>The parts in the order of the text; the same for the same document whenever it is asked.</summary>
    List<TextUnit128> Cut(Document document);
}
