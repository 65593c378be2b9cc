namespace RhoLoss.Experiments.Reports;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>The number that t exceeds with the probability 1 − <paramref name="probability"/>.</summary>
    /// <param name="probability">At least 0.5 and below 1.</param>
    /// <param name="freedom">Degrees of freedom, at least 1.</param>
    public static double Quantile(double probability, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(probability, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(freedom, 1);
        (double low, double high) = (0, 1);
        while (Within(high, freedom) < 2 * probability - 1) { high *= 2; }
        for (int halvings = 0; halvings < 100; halvings++)
        {
            double middle = (low + high) / 2;
            if (Within(middle, freedom) < 2 * probability - 1) { low = middle; } else { high = middle; }
        }
        return high;
    }

    /// <summary>Probability of −t to t: the finite series in θ = atan(t / √ν) (Abramowitz and Stegun, 26.7.3 and 26.7.4).</summary>
    private static double Within(double t, int freedom)
    {
        double angle = Math.Atan(t / Math.Sqrt(freedom));
        (double sine, double cosine) = Math.SinCos(angle);
        bool odd = freedom % 2 == 1;
        double term = odd ? cosine : 1, sum = freedom == 1 ? 0 : term;
        for (int power = odd ? 3 : 2; power <= freedom - 2; power += 2)
        {
            term *= cosine * cosine * (power - 1) / power;
            sum += term;
        }
        return odd ? (angle + sine * sum) * 2 / Math.PI : sine * sum;
    }
}
