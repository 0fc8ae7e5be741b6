#!/usr/bin/perl
# Makes the lines of the string `Packed` in src/Athanor.Tokenizers/Normalizers/UnicodeDecompositions.Data.cs; the comment there describes the format.
# Characters later than Unicode 9.0 are left out. Unicode never changes decompositions and combining classes of a character once it is assigned,
# so any Perl that knows 9.0 or a later version makes the same numbers.
use strict;
use warnings;
use Compress::Zlib;
use MIME::Base64;
use Unicode::Normalize qw(getCombinClass getCanon getCompat getComposite isExclusion isSingleton isNonStDecomp);

sub number { my ($n) = @_; my $bytes = ''; while ($n > 127) { $bytes .= chr($n & 127 | 128); $n >>= 7 } return $bytes . chr($n) }
sub difference { my ($n) = @_; return number($n < 0 ? -2 * $n - 1 : 2 * $n) }
sub run { my ($at, @points) = @_; my $bytes = ''; for (@points) { $bytes .= difference($_ - $at); $at = $_ } return $bytes }
sub points { return map { ord } split //, $_[0] }

my ($classes, $canonical, $compatible) = ('', '', '');
my ($class_count, $canonical_count, $compatible_count) = (0, 0, 0);
my ($end, $start, $length, $class, $last_canonical, $last_compatible) = (0, 0, 0, 0, 0, 0);
for my $c (0 .. 0x10FFFF) {
    my $known = !($c >= 0xD800 && $c < 0xE000) && chr($c) =~ /\p{Present_In: 9.0}/;
    my $of = $known ? getCombinClass($c) : 0;
    if ($length > 0 && $of != $class) {
        $classes .= number($start - $end) . number($length) . number($class);
        $end = $start + $length;
        $class_count++;
        $length = 0;
    }
    if ($of != 0) { $start = $c if $length == 0; $class = $of; $length++ }
    next if !$known || $c >= 0xAC00 && $c < 0xAC00 + 11172;
    my ($full, $wide) = (getCanon($c), getCompat($c));
    if (defined $full) {
        my @full = points($full);
        $canonical .= number($c - $last_canonical);
        if (isExclusion($c) || isSingleton($c) || isNonStDecomp($c)) {
            $canonical .= number(2 * @full + 1) . run($c, @full);
        } else {
            my $first = $full[0];
            $first = getComposite($first, $_) // die sprintf 'no pair for %X', $c for @full[1 .. $#full - 1];
            die sprintf 'no pair for %X', $c unless getComposite($first, $full[-1]) == $c;
            $canonical .= number(4) . difference($first - $c) . difference($full[-1] - 0x300);
        }
        $last_canonical = $c;
        $canonical_count++;
    }
    if (defined $wide && $wide ne ($full // '')) {
        my @wide = points($wide);
        $compatible .= number($c - $last_compatible) . number(scalar @wide) . run($c, @wide);
        $last_compatible = $c;
        $compatible_count++;
    }
}
my $packed = number($class_count) . $classes . number($canonical_count) . $canonical . number($compatible_count) . $compatible;
my ($deflate) = deflateInit(-Level => Z_BEST_COMPRESSION, -WindowBits => -MAX_WBITS(), -MemLevel => 9);
my $bytes = $deflate->deflate($packed);
$bytes .= $deflate->flush();
print join(" +\n        ", map { "\"$_\"" } encode_base64($bytes, '') =~ /.{1,150}/g), "\n";
printf STDERR "%d classes, %d canonical, %d compatible, %d bytes\n", $class_count, $canonical_count, $compatible_count, length $bytes;
