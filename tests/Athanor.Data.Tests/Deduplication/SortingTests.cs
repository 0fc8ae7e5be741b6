using Athanor.Data.Deduplication.Sorting;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Deduplication;

public sealed class SortingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 1 << 20)]
    [InlineData(1, 1 << 20)]
    [InlineData(5_000, 1 << 20)]
    [InlineData(40_000, 1 << 20)]
    [InlineData(300_000, 1 << 20)]
    [InlineData(300_000, 256 << 10)]   // more runs than can be merged at once
    public void Records_come_out_in_order_within_the_budget(int count, int memory)
    {
        var random = new Random(3);
        HashPlace[] records = [.. Enumerable.Range(0, count).Select(i => new HashPlace(i % 3 == 0 ? (ulong)random.NextInt64() * 2 : i % 3 == 1 ? 42UL << 40 | (uint)random.Next(100) : ulong.MaxValue - (ulong)random.Next(5), (ulong)random.Next(1000)))];
        using var sorter = new ExternalSorter<HashPlace>(_folder.FullName, "t", memory);
        foreach (HashPlace record in records)
            sorter.Add(in record);
        var sorted = new List<HashPlace>();
        using (SortedReader<HashPlace> reader = sorter.Sorted())
        {
            while (reader.Next(out HashPlace record))
                sorted.Add(record);
        }
        Assert.Equal(records.OrderBy(record => record.Hash).ThenBy(record => record.Place), sorted);
        Assert.Equal(count, sorter.Count);
        Assert.InRange(sorter.PeakBytes, 0, memory);
        Assert.Equal(count * 16L > memory / 2, sorter.SpilledBytes > 0);
        sorter.Dispose();
        Assert.Empty(Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void Links_are_ordered_by_all_of_their_key_and_long_groups_are_no_trouble()
    {
        var random = new Random(4);
        PlaceLink[] links = [.. Enumerable.Range(0, 20_000).Select(i => new PlaceLink((ulong)random.Next(4), (ulong)random.Next(50_000), random.NextDouble()))];
        using var sorter = new ExternalSorter<PlaceLink>(_folder.FullName, "t", 4 << 20);
        foreach (PlaceLink link in links)
            sorter.Add(in link);
        using SortedReader<PlaceLink> reader = sorter.Sorted();
        foreach (PlaceLink expected in links.OrderBy(link => link.Place).ThenBy(link => link.Other).ThenBy(link => link.Value))
        {
            Assert.True(reader.Next(out PlaceLink link));
            Assert.Equal(expected, link);
        }
        Assert.False(reader.Next(out _));
    }

    [Fact]
    public void Wide_hashes_that_share_their_upper_half_are_told_apart()
    {
        var random = new Random(5);
        WideHashPlace[] records = [.. Enumerable.Range(0, 50_000).Select(i => new WideHashPlace((ulong)random.Next(1000) << 8, (ulong)random.Next(4), (ulong)random.Next(3), (ulong)i))];
        using var sorter = new ExternalSorter<WideHashPlace>(_folder.FullName, "t", 512 << 10);
        foreach (WideHashPlace record in records)
            sorter.Add(in record);
        using SortedReader<WideHashPlace> reader = sorter.Sorted();
        foreach (WideHashPlace expected in records.OrderBy(record => record.High).ThenBy(record => record.Low).ThenBy(record => record.Rank).ThenBy(record => record.Place))
        {
            Assert.True(reader.Next(out WideHashPlace record));
            Assert.Equal(expected, record);
        }
    }

    [Fact]
    public void Sorted_files_join_and_are_left_where_they_are()
    {
        string path = _folder["earlier.bin"];
        using (var writer = new RecordWriter<HashPlace>(path))
        {
            for (ulong i = 0; i < 10_000; i++)
                writer.Write(new HashPlace(i * 3, i));
        }
        using (var sorter = new ExternalSorter<HashPlace>(_folder.FullName, "t", 256 << 10))
        {
            sorter.AddRun(path, 0, record => record with { Place = record.Place + 1_000_000 });
            for (ulong i = 30_000; i > 0; i--)
                sorter.Add(new HashPlace(i, i));
            using SortedReader<HashPlace> reader = sorter.Sorted();
            HashPlace last = default;
            int count = 0, earlier = 0;
            for (; reader.Next(out HashPlace record); count++, last = record)
            {
                Assert.True(count == 0 || HashPlace.Less(in last, in record));
                earlier += record.Place >= 1_000_000 ? 1 : 0;
            }
            Assert.Equal((40_000, 10_000), (count, earlier));
        }
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }
}
