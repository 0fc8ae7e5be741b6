using System.Buffers.Binary;
using System.Numerics;

namespace Athanor.Data.Compression;

/// <summary>XXH64 (xxHash specification, seed 0) over bytes that come in pieces.</summary>
internal sealed class XxHash64
{
    private const ulong P1 = 11400714785074694791, P2 = 14029467366897019727, P3 = 1609587929392839161, P4 = 9650029242287828579, P5 = 2870177450012600261;
    private readonly byte[] _rest = new byte[32];
    private ulong _a = unchecked(P1 + P2), _b = P2, _c, _d = unchecked(0 - P1), _length;
    private int _kept;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_kept > 0)
        {
            int take = Math.Min(32 - _kept, bytes.Length);
            bytes[..take].CopyTo(_rest.AsSpan(_kept));
            _kept += take;
            bytes = bytes[take..];
            if (_kept < 32)
                return;
            Stripe(_rest);
            _kept = 0;
        }
        for (; bytes.Length >= 32; bytes = bytes[32..])
            Stripe(bytes);
        bytes.CopyTo(_rest);
        _kept = bytes.Length;
    }

    public ulong Finish()
    {
        ulong hash = P5;
        if (_length >= 32)
        {
            hash = BitOperations.RotateLeft(_a, 1) + BitOperations.RotateLeft(_b, 7) + BitOperations.RotateLeft(_c, 12) + BitOperations.RotateLeft(_d, 18);
            foreach (ulong lane in (ReadOnlySpan<ulong>)[_a, _b, _c, _d])
                hash = (hash ^ Round(0, lane)) * P1 + P4;
        }
        hash += _length;
        ReadOnlySpan<byte> rest = _rest.AsSpan(0, _kept);
        for (; rest.Length >= 8; rest = rest[8..])
            hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * P1 + P4;
        if (rest.Length >= 4)
        {
            hash = BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * P1), 23) * P2 + P3;
            rest = rest[4..];
        }
        foreach (byte b in rest)
            hash = BitOperations.RotateLeft(hash ^ (b * P5), 11) * P1;
        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + input * P2, 31) * P1;

    private void Stripe(ReadOnlySpan<byte> bytes)
    {
        _a = Round(_a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        _b = Round(_b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        _c = Round(_c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
        _d = Round(_d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }
}
