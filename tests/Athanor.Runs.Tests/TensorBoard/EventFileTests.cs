using System.Buffers.Binary;
using System.Text;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.TensorBoard;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.TensorBoard;

public sealed class EventFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, uint> Published => new()
    {
        // RFC 3720, appendix B.4, in the order of its bytes turned round; the last is the check value of the CRC catalogues.
        { Convert.ToHexString(new byte[32]), 0x8a9136aa },
        { Convert.ToHexString(Enumerable.Repeat((byte)0xff, 32).ToArray()), 0x62a8ab43 },
        { Convert.ToHexString(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()), 0x46dd794e },
        { Convert.ToHexString(Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray()), 0x113fdb5c },
        { "01C000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xd9963a56 },
        { Convert.ToHexString("123456789"u8), 0xe3069283 },
        { "", 0 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void The_checksum_is_the_published_one(string bytes, uint expected)
    {
        byte[] all = Convert.FromHexString(bytes);
        Assert.Equal(expected, Crc32C.Of(all));
        for (int cut = 0; cut <= all.Length; cut++)
            Assert.Equal(expected, Crc32C.Append(Crc32C.Of(all.AsSpan(0, cut)), all.AsSpan(cut)));
    }

    [Fact]
    public void A_scalar_event_has_the_bytes_that_the_format_says()
    {
        var time = new ManualTime();
        using var writer = new EventFileWriter(_folder.FullName, time);
        writer.Scalars(300, [new Metric("loss", 1.5)]);
        byte[] file = Read(writer);
        // Event { wall_time = 1: fixed64, step = 2: varint 300, summary = 5 { value = 1 { tag = 1: "loss", simple_value = 2: 1.5f } } }
        byte[] wall = BitConverter.GetBytes((double)time.GetUtcNow().ToUnixTimeSeconds());
        byte[] expected = [0x09, .. wall, 0x10, 0xac, 0x02, 0x2a, 0x0d, 0x0a, 0x0b, 0x0a, 0x04, .. "loss"u8, 0x15, 0x00, 0x00, 0xc0, 0x3f];
        byte[][] records = Records(file);
        Assert.Equal([0x09, .. wall, 0x1a, 0x0d, .. "brain.Event:2"u8], records[0]);
        Assert.Equal(expected, records[1]);
        Assert.Equal(2, records.Length);
    }

    [Fact]
    public void Scalars_and_texts_read_back_with_a_decoder_of_its_own()
    {
        string long_text = new('x', 3000);
        using var writer = new EventFileWriter(_folder.FullName);
        writer.Scalars(1, [new Metric("train/loss", 2.5), new Metric("lr", 1e-4), new Metric("nan", double.NaN)]);
        writer.Scalars(-1, [new Metric("below", -1)]);
        writer.Text(1L << 40, "sample", "caf\u00e9 " + long_text);
        byte[][] records = Records(Read(writer));
        Message event1 = new(records[1]);
        Assert.Equal(1UL, event1[2].Number);
        Message[] values = [.. new Message(event1[5].Bytes).All(1).Select(field => new Message(field.Bytes))];
        Assert.Equal(["train/loss", "lr", "nan"], values.Select(value => Encoding.UTF8.GetString(value[1].Bytes)));
        Assert.Equal([2.5f, 1e-4f, float.NaN], values.Select(value => BitConverter.UInt32BitsToSingle((uint)value[2].Number)));
        Assert.Equal(-1L, (long)new Message(records[2])[2].Number);
        Message text = new(records[3]);
        Assert.Equal(1UL << 40, text[2].Number);
        Message sample = new(new Message(text[5].Bytes)[1].Bytes);
        Message tensor = new(sample[8].Bytes);
        Assert.Equal(7UL, tensor[1].Number);
        Assert.Equal("caf\u00e9 " + long_text, Encoding.UTF8.GetString(tensor[8].Bytes));
        Assert.Equal(1UL, new Message(new Message(tensor[2].Bytes)[2].Bytes)[1].Number);
        Assert.Equal("text", Encoding.UTF8.GetString(new Message(new Message(sample[9].Bytes)[1].Bytes)[1].Bytes));
    }

    [Fact]
    public void Files_have_names_that_TensorBoard_looks_for_and_that_never_clash()
    {
        var time = new ManualTime();
        using var a = new EventFileWriter(_folder.FullName, time);
        using var b = new EventFileWriter(_folder.FullName, time);
        Assert.NotEqual(a.FullName, b.FullName);
        Assert.StartsWith("events.out.tfevents.1767323045.", Path.GetFileName(a.FullName), StringComparison.Ordinal);
    }

    private static byte[] Read(EventFileWriter writer)
    {
        using var stream = new FileStream(writer.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Splits the frames and checks their checksums with a loop over bits.</summary>
    private static byte[][] Records(byte[] file)
    {
        var records = new List<byte[]>();
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            Assert.Equal(Masked(file.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            records.Add(file[(at + 12)..(at + 12 + length)]);
            at += length + 16;
        }
        return [.. records];
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }

    /// <summary>A protocol-buffer message, field by field.</summary>
    private sealed class Message
    {
        private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

        public Message(byte[] bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                ulong tag = Varint(bytes, ref at);
                (ulong number, byte[] inner) = (tag & 7) switch
                {
                    0 => (Varint(bytes, ref at), Array.Empty<byte>()),
                    1 => (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((at += 8) - 8)), []),
                    5 => (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((at += 4) - 4)), []),
                    2 => (0UL, Delimited(bytes, ref at)),
                    var wire => throw new InvalidDataException($"wire type {wire}"),
                };
                _fields.Add(((int)(tag >> 3), number, inner));
            }
        }

        public (int Field, ulong Number, byte[] Bytes) this[int field] => _fields.Single(f => f.Field == field);

        public IEnumerable<(int Field, ulong Number, byte[] Bytes)> All(int field) => _fields.Where(f => f.Field == field);

        private static byte[] Delimited(byte[] bytes, ref int at)
        {
            int length = (int)Varint(bytes, ref at);
            at += length;
            return bytes[(at - length)..at];
        }

        private static ulong Varint(byte[] bytes, ref int at)
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = bytes[at++];
                value |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80)
                    return value;
            }
        }
    }
}
