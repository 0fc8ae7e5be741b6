using Athanor.Data.Deduplication;
using Athanor.Data.Documents;
using Athanor.Data.Splitting;

namespace Athanor.Data.Tests.Documents;

public sealed class ContentHashTests
{
    [Fact]
    public void The_hash_is_half_of_sha256()
    {
        // SHA-256 of "abc" begins ba7816bf8f01cfea414140de5dae2223.
        Assert.Equal(UInt128.Parse("ba7816bf8f01cfea414140de5dae2223", System.Globalization.NumberStyles.HexNumber, null), ContentHash.Of("abc"));
    }

    [Fact]
    public void Places_spread_evenly_and_move_with_the_seed()
    {
        double[] places = [.. Enumerable.Range(0, 20_000).Select(number => ContentHash.Place($"text {number}", 1))];
        Assert.All(places, place => Assert.InRange(place, 0, 1 - 1e-17));
        Assert.InRange(places.Average(), 0.49, 0.51);
        Assert.InRange(places.Count(place => place < 0.03), 500, 700);
        Assert.NotEqual(ContentHash.Place("a", 1), ContentHash.Place("a", 2));
    }

    [Fact]
    public void The_first_of_equal_texts_is_kept()
    {
        var seen = new ExactDuplicates();
        Assert.Null(seen.Find(new Document("1", "x")));
        Assert.Null(seen.Find(new Document("2", "x ")));
        Assert.Equal("1", seen.Find(new Document("3", "x")));
        Assert.Equal(2, seen.Distinct);
    }

    [Fact]
    public void Groups_are_held_out_whole_and_documents_stay_where_they_are_when_others_come()
    {
        var split = new HeldOutSplit(7, 0.1, "type", 0.2);
        Document[] documents = [.. Enumerable.Range(0, 5000).Select(number => new Document($"{number}", $"text {number}") { Metadata = new Dictionary<string, string> { ["type"] = $"T{number % 100}" } })];
        ILookup<string?, Document> sets = documents.ToLookup(split.SetOf);
        Assert.Equal(new string?[] { null, "random", "types" }.Order(), sets.Select(set => set.Key).Order());
        var heldOut = sets["types"].Select(document => document.Metadata["type"]).ToHashSet();
        Assert.InRange(heldOut.Count, 10, 30);
        Assert.DoesNotContain(sets[null].Concat(sets["random"]), document => heldOut.Contains(document.Metadata["type"]));
        Assert.InRange(sets["random"].Count() / (double)(5000 - sets["types"].Count()), 0.08, 0.12);
        Assert.Equal(split.SetOf(documents[17]), split.SetOf(documents[17] with { Id = "other", Origin = new DocumentOrigin("f", 1) }));
    }
}
