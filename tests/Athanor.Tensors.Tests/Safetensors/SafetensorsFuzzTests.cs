using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Athanor.Tensors.Safetensors;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tensors.Tests.Safetensors;

/// <summary>Damaged and hostile files: only the documented exception, memory bounded by the file, and never a byte outside it.</summary>
public sealed class SafetensorsFuzzTests
{
    private static readonly string[] Numbers =
        ["0", "1", "-1", "2", "7", "255", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e3", "1.0", "-0", "1e400", "null", "\"3\"", "[]", "{}", "true"];

    [Fact]
    public void Two_thousand_mutations_raise_only_the_documented_exception() => Mutate(seed: 20261121, rounds: 2_000, mapEvery: 20);

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_hundred_thousand_mutations_raise_only_the_documented_exception(int seed) => Mutate(seed, rounds: 40_000, mapEvery: 20);

    [Fact]
    public void Any_set_of_tensors_survives_a_round_trip()
    {
        using var directory = new TemporaryDirectory();
        Gen<(string Name, int Type, int[] Shape)> tensor =
            from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
            from type in Gen.Choose(0, 21)
            from shape in Gen.ArrayOf(Gen.Choose(0, 5))
            select (name.Get, type, shape.Length > 4 ? shape[..4] : shape);
        int round = 0;
        Prop.ForAll(Arb.From(Gen.ArrayOf(tensor)), tensors =>
        {
            var sources = new Dictionary<string, (SafetensorsSource Source, byte[] Data)>(StringComparer.Ordinal);
            foreach ((string name, int type, int[] shape) in tensors)
            {
                // Whole bytes for every type; names that UTF-8 cannot hold cannot be written.
                long[] extents = [.. shape.Select(extent => (long)extent), 4];
                string legal = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name));
                var data = new byte[extents.Aggregate(1L, (a, b) => a * b) * ((SafetensorsType)type).Bits() / 8];
                new System.Random(data.Length + type).NextBytes(data);
                sources[legal] = (SafetensorsSource.Of(legal, (SafetensorsType)type, extents, data), data);
            }
            string path = directory[$"{round++}"];
            SafetensorsWriter.Write(path, sources.Values.Select(pair => pair.Source));
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return file.Entries.Count == sources.Count && sources.All(pair =>
                file[pair.Key].Type == pair.Value.Source.Type && file[pair.Key].Shape.SequenceEqual(pair.Value.Source.Shape) && file.Bytes(file[pair.Key]).SequenceEqual(pair.Value.Data));
        }).QuickCheckThrowOnFailure();
    }

    private static void Mutate(int seed, int rounds, int mapEvery)
    {
        using var directory = new TemporaryDirectory();
        var random = new System.Random(seed);
        byte[][] valid = [Valid(random, 0), Valid(random, 1), Valid(random, 3), Valid(random, 12)];
        foreach (byte[] file in valid)
            Check(file, directory["x"], map: true, expectValid: true);
        int accepted = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] file = Mutation(random, valid[random.Next(valid.Length)]);
            try
            {
                accepted += Check(file, directory["x"], round % mapEvery == 0, expectValid: false) ? 1 : 0;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}: {Convert.ToBase64String(file)}", e);
            }
        }
        // Flips inside the data are harmless, those of the header are not: both must occur, or the mutations test nothing.
        Assert.InRange(accepted, rounds / 100, rounds / 2);
    }

    /// <summary>True when the file was accepted; then everything in it can be read.</summary>
    private static bool Check(byte[] file, string path, bool map, bool expectValid)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        SafetensorsHeader? header = null;
        try
        {
            header = SafetensorsHeader.Parse(file);
        }
        catch (SafetensorsException) when (!expectValid)
        {
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= 64L * file.Length + 65_536, $"{allocated} bytes were allocated for a file of {file.Length}.");
        if (header is not null)
        {
            long end = 0;
            foreach (SafetensorsEntry entry in header.Entries)
            {
                Assert.Equal(end, entry.Begin);
                Assert.Equal(entry.Length, entry.Count * entry.Type.Bits() / 8);
                end = entry.End;
            }
            Assert.Equal(file.Length, header.DataStart + end);
        }
        if (map)
        {
            File.WriteAllBytes(path, file);
            try
            {
                using SafetensorsFile opened = SafetensorsFile.Open(path);
                Assert.NotNull(header);
                foreach (SafetensorsEntry entry in opened.Entries)
                {
                    Assert.True(opened.Bytes(entry).SequenceEqual(file.AsSpan((int)(header.DataStart + entry.Begin), (int)entry.Length)));
                    if (entry.Type.IsConvertible())
                        Assert.Equal(entry.Count, opened.ReadSingles(entry.Name).Length);
                }
            }
            catch (SafetensorsException)
            {
                Assert.Null(header);
            }
        }
        return header is not null;
    }

    private static byte[] Valid(System.Random random, int tensors)
    {
        var entries = new List<string> { "\"__metadata__\":{\"format\":\"pt\",\"step\":\"12\"}" };
        int offset = 0;
        for (int i = 0; i < tensors; i++)
        {
            var type = (SafetensorsType)random.Next(22);
            int rows = random.Next(4), bytes = rows * 8 * type.Bits() / 8;
            entries.Add(Entry($"layers.{i}.weight", type.Name(), $"{rows},8", offset, offset + bytes));
            offset += bytes;
        }
        return SafetensorsRulesTests.File("{" + string.Join(",", entries) + "}", offset);
    }

    private static string Entry(string name, string type, string shape, object begin, object end) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}");

    private static byte[] Mutation(System.Random random, byte[] valid)
    {
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(valid), dataLength = valid.Length - 8 - headerLength;
        byte[] file = [.. valid];
        switch (random.Next(9))
        {
            case 0: // Bits anywhere.
                for (int flips = random.Next(1, 9); flips > 0; flips--)
                    file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
                return file;
            case 1: // Bits in the data or at the seam.
                file[random.Next(8 + headerLength - 2, file.Length)] ^= (byte)(1 << random.Next(8));
                return file;
            case 2: // Cut short, or longer.
                return random.Next(2) == 0 ? file[..random.Next(file.Length)] : [.. file, .. new byte[random.Next(1, 40)]];
            case 3: // The length of the header.
                BinaryPrimitives.WriteInt64LittleEndian(file, random.Next(3) switch { 0 => random.NextInt64(long.MinValue, long.MaxValue), 1 => random.Next(200_000_000), _ => headerLength + random.Next(-20, 20) });
                return file;
            case 4: // A byte of the header replaced, removed or doubled, with the length kept right.
                List<byte> header = [.. file.AsSpan(8, headerLength)];
                int at = random.Next(headerLength);
                if (random.Next(3) == 0)
                    header.RemoveAt(at);
                else if (random.Next(2) == 0)
                    header.Insert(at, header[at]);
                else
                    header[at] = (byte)random.Next(256);
                return SafetensorsRulesTests.File(header.ToArray(), dataLength);
            case 5: // Valid JSON, hostile numbers.
                string hostile = string.Join(",", Enumerable.Range(0, random.Next(1, 4)).Select(i =>
                    Entry($"t{i}", ((SafetensorsType)random.Next(22)).Name(), string.Join(",", Enumerable.Range(0, random.Next(5)).Select(_ => Number())), Number(), Number())));
                return SafetensorsRulesTests.File("{" + hostile + "}", random.Next(64));
            case 6: // Names twice, written differently.
                return SafetensorsRulesTests.File("{" + Entry("a", "U8", "2", 0, 2) + "," + Entry(random.Next(2) == 0 ? "a" : "\\u0061", "U8", "2", 2, 4) + "}", 4);
            case 7: // Overlaps, holes, wrong sizes, sometimes by luck none.
                int first = random.Next(9), second = random.Next(9), third = random.Next(9);
                return SafetensorsRulesTests.File("{" + Entry("a", "U8", $"{random.Next(9)}", 0, first) + "," + Entry("b", "U8", $"{random.Next(9)}", second, second + third) + "}", random.Next(17));
            default: // A piece of the header put elsewhere.
                Span<byte> span = file.AsSpan(8, headerLength);
                int length = random.Next(Math.Min(40, headerLength)), from = random.Next(headerLength - length), to = random.Next(headerLength - length);
                span.Slice(from, length).ToArray().CopyTo(span[to..]);
                return file;
        }

        string Number() => Numbers[random.Next(Numbers.Length)];
    }
}
